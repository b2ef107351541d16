"""Build script: compiles every `.py` that has a `.pxd` beside it, and every `.pyx`, below src/wssure.

BUILD_EXTENSION=yes makes a failing build an error, =no skips it (pure build); unset, a failure is one warning and the
package still installs and works on the stdlib backend.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

SRC = Path("src")
MODE = os.environ.get("BUILD_EXTENSION", "")
DIRECTIVES = {
    "language_level": "3",
    "annotation_typing": False,
    "embedsignature": True,
    "freethreading_compatible": False,
}


class OptionalBuild(build_ext):
    """Builds the extensions, or warns once and goes on without them."""

    def run(self) -> None:
        try:
            super().run()
        except Exception as error:
            if MODE == "yes":
                raise
            print(
                f"warning: wssure is installed without its compiled parts ({error}); it works, slower, "
                "on the stdlib backend. A C compiler and Python's headers make them.",
                file=sys.stderr,
            )
            self.extensions = []

    def get_outputs(self) -> list[str]:
        return [path for path in super().get_outputs() if Path(path).exists()]


def sources() -> list[Path]:
    found = list(SRC.rglob("*.pyx"))
    found += [path.with_suffix(".py") for path in SRC.rglob("*.pxd") if path.with_suffix(".py").exists()]
    return sorted(set(found))


def extensions() -> list[Extension]:
    if MODE == "no":
        return []
    try:
        from Cython.Build import cythonize
    except ImportError as error:
        if MODE == "yes":
            raise
        print(f"warning: wssure is installed without its compiled parts ({error})", file=sys.stderr)
        return []
    flags = os.environ.get("WSSURE_CFLAGS", "-O3").split()
    links = os.environ.get("WSSURE_LDFLAGS", "").split()
    modules = [
        Extension(
            ".".join(path.with_suffix("").relative_to(SRC).parts),
            [str(path)],
            extra_compile_args=flags,
            extra_link_args=links,
            libraries=["dl"],
        )
        for path in sources()
    ]
    if not modules:
        return []
    return list(cythonize(modules, compiler_directives=DIRECTIVES, build_dir="build/cython", nthreads=0, quiet=True))


setup(ext_modules=extensions(), cmdclass={"build_ext": OptionalBuild})
