"""What pyproject.toml cannot say: the app is in the wheel too, as a folder within the package."""

from setuptools import find_packages, setup

#: Its folder within ``vaelab``, which ``vaelab.installed`` looks for.
APP = "vaelab._app"

setup(
    packages=[*find_packages(include=["vaelab*"]), APP],
    package_dir={APP: "."},
    package_data={APP: ["app.py", ".streamlit/config.toml", "pages/**/*.py", "assets/**/*"]},
    exclude_package_data={APP: ["setup.py", "assets/screenshot.*", "**/__pycache__/*", "**/*.pyc"]},
)
