"""Build script: compiles every `.py` that has a `.pxd` beside it, and every `.pyx`, below src/wssure.

BUILD_EXTENSION=yes makes a failing build an error, =no skips it (pure build); unset, a failure is one warning and the
package still installs and works on the stdlib backend.
"""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext

ROOT = Path()
SRC = ROOT / "src"
CHECKOUT = SimpleNamespace(**runpy.run_path(str(SRC / "wssure" / "checkout.py")))
INPUTS = CHECKOUT.inputs(ROOT)
MODE = os.environ.get("BUILD_EXTENSION", "")
DIRECTIVES = {
    "language_level": "3",
    "annotation_typing": False,
    "embedsignature": True,
    "freethreading_compatible": False,
}


class OptionalBuild(build_ext):
    """Builds the extensions, or warns once and continues without them."""

    def run(self) -> None:
        if not self.inplace and sys.platform.startswith("linux"):
            # Symbols and debug information are five sixths of a module; a build in place keeps them for profilers.
            for extension in self.extensions:
                extension.extra_link_args = [*extension.extra_link_args, "-Wl,-s"]
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
            # A wheel is all compiled or not at all.
            for path in self.get_outputs():
                Path(path).unlink()
            self.extensions = []
            self.distribution.ext_modules = []
        if self.inplace and self.extensions:
            CHECKOUT.record(ROOT, INPUTS)

    def get_outputs(self) -> list[str]:
        return [path for path in super().get_outputs() if Path(path).exists()]


class HonestWheel(bdist_wheel):
    """Tags a wheel without compiled parts as pure: the tag is otherwise chosen before the build."""

    def run(self) -> None:
        self.run_command("build")
        self.root_is_pure = not self.distribution.has_ext_modules()
        super().run()


def renew() -> None:
    """Make the compiler see, by its time stamps, each file whose content is not the compiled one; remove orphans."""
    for path in CHECKOUT.stale(ROOT):
        if Path(path).exists():
            os.utime(path)
    modules = {path.with_suffix("") for path in CHECKOUT.sources(ROOT)}
    for path in CHECKOUT.compiled_modules(ROOT):
        # A module whose source has moved away can still be imported.
        if path.with_name(path.name.removesuffix(CHECKOUT.SUFFIX)) not in modules:
            path.unlink()


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
    renew()
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
        for path in CHECKOUT.sources(ROOT)
    ]
    if not modules:
        return []
    return list(cythonize(modules, compiler_directives=DIRECTIVES, build_dir="build/cython", nthreads=0, quiet=True))


setup(ext_modules=extensions(), cmdclass={"build_ext": OptionalBuild, "bdist_wheel": HonestWheel})
