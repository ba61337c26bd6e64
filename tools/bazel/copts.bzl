"""Compiler flags of this project's own C++ code."""

L275_COPTS = [
    "-Wall",
    "-Wextra",
    "-Wshadow",
    "-Wnon-virtual-dtor",
    "-Werror",
    # Debian keeps libnl's headers in a folder of their own.
    "-isystem/usr/include/libnl3",
]
