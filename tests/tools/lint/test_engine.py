"""Files of every kind: broken, huge, binary, unreadable, in circles, and no libwebsockets at all."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wssure.tools.lint import Finding, Target, lint_paths, lint_text
from wssure.tools.lint.edit import apply_edits
from wssure.tools.lint.source import NotText, Source

SAMPLES = Path(__file__).parent / "rules"
BAD = """#include <libwebsockets.h>
void go(struct lws_context *context)
{
	struct lws_client_connect_info i = {0};
	i.context = context;
	i.address = "echo.example.net";
	i.host = "";
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}
"""


def rules_of(findings: list[Finding]) -> list[str]:
    return [found.rule for found in findings]


BROKEN = {
    "if-inside-a-list": """#include <libwebsockets.h>
static const struct lws_client_connect_info i = {
	.address = "echo.example.net",
#if defined(WITH_NAME)
	.host = "wss://echo.example.net",
#endif
	.ssl_connection = LCCSCF_USE_SSL,
};
""",
    "macro-for-a-block": """#include <libwebsockets.h>
void go(struct lws_context *c)
{
	struct lws_client_connect_info i = {0};
	FOR_EACH(item, list) {
		i.address = item->name;
		i.host = "wss://echo.example.net";
	} END_FOR_EACH
	lws_client_connect_via_info(&i);
}
""",
    "two-heads-one-body": """#include <libwebsockets.h>
#ifdef ESP
void app_main(void)
#else
int main(int argc, char **argv)
#endif
{
	struct lws_client_connect_info i = {0};
	i.address = "echo.example.net";
	i.host = "";
	i.ssl_connection = LCCSCF_USE_SSL;
	lws_client_connect_via_info(&i);
}
""",
    "cut-off": BAD[: BAD.index("lws_client_connect_via")],
    "stray-brace": BAD.replace("i.context = context;", "} {"),
    "unknown-attribute": BAD.replace("void go", "EXPORT(int) IRAM_ATTR void go"),
    "missing-semicolon": BAD.replace("i.context = context;", "i.context = context"),
}


@pytest.mark.parametrize("code", BROKEN.values(), ids=BROKEN)
def test_code_the_parser_stumbles_over_is_still_read(code: str) -> None:
    assert {"lws.host-empty", "lws.host-not-a-name"} & set(rules_of(lint_text(code)))


def test_a_flag_under_a_condition_inside_an_expression_is_an_option() -> None:
    code = BAD.replace('i.host = ""', "i.host = i.address").replace(
        "LCCSCF_USE_SSL", "LCCSCF_USE_SSL\n#ifdef LAB\n\t| LCCSCF_ALLOW_SELFSIGNED\n#endif\n\t"
    )
    assert lint_text(code) == []
    assert rules_of(lint_text(code.replace("#ifdef LAB\n", "").replace("#endif\n", ""))) == ["lws.allow-selfsigned"]


FOREIGN = {
    "empty": b"",
    "blank": b"\n\n \n",
    "hello": b'#include <stdio.h>\nint main(void) { puts("wss://x/"); return 0; }\n',
    "another-library": b'struct info { const char *host; int ssl_connection; };\nvoid f(struct info *i) { i->host = ""; i->ssl_connection = 2; }\n',
    "a-word-in-prose": b'lws_client_connect_info is a struct; set host = "" never, and not address = "wss://x".\n',
    "only-a-declaration": b"struct lws_client_connect_info;\nstruct lws *lws_client_connect_via_info(const struct lws_client_connect_info *i);\n",
    "python": b"def f():\n    return 'lws_client_connect_info'\n",
}


@pytest.mark.parametrize("data", FOREIGN.values(), ids=FOREIGN)
def test_code_that_is_no_client_yields_nothing(data: bytes) -> None:
    assert lint_text(data) == []


def test_binary_files_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "blob.c").write_bytes(bytes(range(256)) * 40 + b"lws_client_connect_info")
    report = lint_paths([tmp_path])
    assert report.findings == []
    assert report.unreadable == []
    with pytest.raises(NotText):
        Source("blob.c", b"\0\1\2" * 50)


def test_links_in_circles_end_and_each_file_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "bad.c").write_text(BAD)
    (tmp_path / "a" / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "other.c").symlink_to(tmp_path / "a" / "bad.c")
    (tmp_path / "self.c").symlink_to(tmp_path / "self.c")
    report = lint_paths([tmp_path])
    assert rules_of(report.findings) == ["lws.host-empty"]
    assert [Path(item.path).name for item in report.unreadable] == ["self.c"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_an_unreadable_file_is_said_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "bad.c").write_text(BAD)
    (tmp_path / "locked.c").write_text(BAD)
    (tmp_path / "locked.c").chmod(0)
    report = lint_paths([tmp_path])
    assert len(report.findings) == 1
    assert [Path(item.path).name for item in report.unreadable] == ["locked.c"]


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "gone.c").symlink_to(tmp_path / "nowhere")
    (item,) = lint_paths([tmp_path / "gone.c"]).unreadable
    assert item.path.endswith("gone.c")
    assert item.why


def test_fifty_thousand_lines_are_read_to_the_end() -> None:
    filler = 'static int f%d(int a)\n{\n\tif (a > %d)\n\t\treturn a + %d;\n\treturn g(a, "text");\n}\n'
    code = "".join(filler % (n, n, n) for n in range(8400)) + BAD
    assert code.count("\n") > 50_000
    (found,) = lint_text(code)
    assert found.line == code[: code.index('i.host = ""')].count("\n") + 1


def test_deep_nesting_is_no_crash() -> None:
    deep = "(" * 3000 + "1" + ")" * 3000
    blocks = "{" * 3000 + "}" * 3000
    lint_text(BAD + f"int x = {deep};\nvoid h(void) {blocks}\n" + "int y = " + "1 | " * 3000 + "1;\n")


def test_functions_that_call_each_other_in_circles_end() -> None:
    code = (
        BAD
        + 'static void a(struct lws_client_connect_info *i) { b(i); a(i); }\nstatic void b(struct lws_client_connect_info *i) { a(i); i->host = ""; }\n'
    )
    assert "lws.host-empty" in rules_of(lint_text(code))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(BAD)), st.integers(0, len(BAD)), st.text('{}();=&|."#\\\n*/ a', max_size=12))
def test_no_damage_makes_the_linter_fail(start: int, length: int, junk: str) -> None:
    damaged = BAD[:start] + junk + BAD[start + length :]
    for name in ("a.c", "a.cpp"):
        for found in lint_text(damaged, name, Target(tls="mbedtls")):
            line = damaged.replace("\r", "\n").split("\n")[found.line - 1]
            assert 1 <= found.column <= len(line) + 1


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_behind_client_code_are_survived(tail: bytes) -> None:
    try:
        lint_text(BAD.encode() + tail)
    except NotText:
        assert b"\0" in tail


FIXED = sorted(path for path in SAMPLES.rglob("bad*.c*"))


@pytest.mark.parametrize("path", FIXED, ids=lambda path: path.relative_to(SAMPLES).as_posix())
def test_applied_fixes_remove_what_they_fix_and_bring_nothing_new(path: Path) -> None:
    data = path.read_bytes()
    before = lint_text(data, path.name)
    with_edit = [found for found in before if found.edit is not None]
    after = lint_text(apply_edits(data, [found.edit for found in with_edit if found.edit]), path.name)
    # Fewer may be left: of a flag set in both branches the second becomes an option once the first is gone.
    left = Counter(rules_of([found for found in before if found.edit is None]))
    assert Counter(rules_of(after)) <= left


def test_headers_beside_the_code_give_their_macros(tmp_path: Path) -> None:
    (tmp_path / "config.h").write_text(
        '#define NAME "wss://echo.example.net"\n#define FLAGS (LCCSCF_USE_SSL | LCCSCF_ALLOW_EXPIRED)\n'
    )
    code = BAD.replace("#include <lib", '#include "config.h"\n#include <lib').replace('"echo.example.net"', "NAME")
    (tmp_path / "client.c").write_text(
        code.replace('i.host = ""', "i.host = i.address").replace("LCCSCF_USE_SSL", "FLAGS")
    )
    assert rules_of(lint_paths([tmp_path]).findings) == ["lws.url-in-address", "lws.allow-expired"]


def test_the_recursion_limit_is_not_touched() -> None:
    before = sys.getrecursionlimit()
    lint_text(BAD)
    assert sys.getrecursionlimit() == before


def test_a_default_that_may_be_replaced_is_likely_and_an_argument_is_anything() -> None:
    path = SAMPLES / "url-in-address" / "bad_default.c"
    (found,) = lint_text(path.read_text(), path.name)
    assert found.confidence.value == "likely"
    assert lint_text(path.read_text().replace("i.address = server", "i.address = argv[1]")) == []
    (found,) = lint_text(
        path.read_text().replace("if (argc > 1)", "").replace("strncpy(server, argv[1], sizeof(server) - 1);", "")
    )
    assert found.confidence.value == "certain"


def test_functions_that_only_call_each_other_are_read() -> None:
    # No function from outside calls either of them: a callback by name, or a library's entry.
    text = """#include <libwebsockets.h>
static void again(struct lws_context *context);
static void start(struct lws_context *context)
{
    struct lws_client_connect_info i = { .context = context, .address = "a.example", .host = "a.example" };
    i.ssl_connection = LCCSCF_USE_SSL | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
    if (!lws_client_connect_via_info(&i))
        again(context);
}
static void again(struct lws_context *context)
{
    start(context);
}
"""
    assert "lws.skip-hostname-check" in {finding.rule for finding in lint_text(text, "a.c")}
