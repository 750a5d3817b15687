"""Learn."""
import streamlit as st
from pages._ui import frame
frame.show(lambda: st.write("x"), __file__, "Learn", "Hello")
