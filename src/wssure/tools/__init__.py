"""Tools on the library. `import wssure` loads none of them."""
