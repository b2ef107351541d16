"""Build script: compiles the shim against the installed Mbed TLS, or names the package to install.

WSSURE_MBEDTLS_PREFIX names another installation (PREFIX/include and PREFIX/lib); its library is found by rpath, or becomes part of
the module, with its licence, if there are only static libraries (tools/mbedtls-static.sh).
WSSURE_CFLAGS and WSSURE_LDFLAGS replace the optimisation flags, for a sanitizer's build. WSSURE_CYTHON_FOLDER is the
folder for the generated C.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

SHIM = Path("src/wssure_mbedtls/shim")
PREFIX = os.environ.get("WSSURE_MBEDTLS_PREFIX")
# Two simultaneous builds must not write the same generated file: it contains their folders.
CYTHON = os.path.relpath(os.environ.get("WSSURE_CYTHON_FOLDER", "build/cython"))
# Symbols of a library inside the module must not meet those of another Mbed TLS in the process.
LINK_FLAGS = "-Wl,-s,--exclude-libs,ALL" if sys.platform.startswith("linux") else ""
LIBRARIES = ["mbedtls", "mbedx509", "mbedcrypto"]


def include_folders() -> list[str]:
    return [str(Path(PREFIX).resolve() / "include")] if PREFIX else []


def library_folders() -> list[str]:
    return [str(Path(PREFIX).resolve() / "lib")] if PREFIX else []


def headers_found() -> bool:
    folders = [Path(folder) for folder in include_folders()] or [
        Path("/usr/include"),
        Path("/usr/local/include"),
        Path("/opt/homebrew/include"),
        *(Path(folder) for folder in os.environ.get("CPATH", "").split(os.pathsep) if folder),
    ]
    return any((folder / "mbedtls" / "ssl.h").exists() for folder in folders)


def is_static() -> bool:
    shared = [path for folder in library_folders() for path in Path(folder).glob("libmbedtls.[!a]*")]
    return bool(PREFIX) and not shared


def libraries() -> list[str]:
    """Return the names of the libraries: since 4.0 the third one may be tfpsacrypto."""
    if is_static():
        return [*LIBRARIES, "everest", "p256m", "pthread"]
    for folder in library_folders():
        if not any(Path(folder).glob("libmbedcrypto.*")) and any(Path(folder).glob("libtfpsacrypto.*")):
            return [*LIBRARIES[:2], "tfpsacrypto"]
    return LIBRARIES


class Build(build_ext):
    """Builds the extension, or exits with the command that installs the missing package."""

    def run(self) -> None:
        if not headers_found():
            where = f"under {PREFIX}" if PREFIX else "on this machine"
            sys.exit(
                f"error: the headers of Mbed TLS are not {where}; wssure-mbedtls compiles against them.\n"
                "  Debian, Ubuntu   apt-get install libmbedtls-dev\n"
                "  Fedora           dnf install mbedtls-devel\n"
                "  Alpine           apk add mbedtls-dev\n"
                "  macOS            brew install mbedtls\n"
                "wssure itself works without it, on its other backends."
            )
        super().run()
        if is_static():
            shutil.copy(
                Path(PREFIX or "") / "LICENSE",
                Path(self.get_ext_fullpath("wssure_mbedtls._")).with_name("LICENSE.mbedtls"),
            )


extension = Extension(
    "wssure_mbedtls._mbedtls",
    ["src/wssure_mbedtls/_mbedtls.pyx", *(str(path) for path in sorted(SHIM.glob("*.c")))],
    include_dirs=["src/wssure_mbedtls", *include_folders()],
    library_dirs=library_folders(),
    runtime_library_dirs=[] if is_static() else library_folders(),
    libraries=libraries(),
    define_macros=[("_GNU_SOURCE", "1")],
    extra_compile_args=["-std=c11", *os.environ.get("WSSURE_CFLAGS", "-O2").split()],
    extra_link_args=os.environ.get("WSSURE_LDFLAGS", LINK_FLAGS).split(),
    depends=[str(path) for path in sorted(SHIM.glob("*.h"))],
)


def modules() -> list[Extension]:
    from Cython.Build import cythonize

    directives = {"language_level": "3", "embedsignature": True, "annotation_typing": False}
    return list(cythonize([extension], compiler_directives=directives, build_dir=CYTHON, quiet=True))


setup(ext_modules=modules(), cmdclass={"build_ext": Build})
