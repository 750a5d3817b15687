"""Tests: each file mirrors a module of vaelab and says what is true of it."""
