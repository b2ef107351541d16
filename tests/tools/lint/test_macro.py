"""A macro of the file decides whether the relaxing flags are set: the finding is sure, names the macro, and its edit is the right one."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.lws.test_prove import vendor

from wssure.tools.lint import Severity, Target, lint_paths, lint_text
from wssure.tools.lint.edit import apply_edits

MBEDTLS = Target(tls="mbedtls")
FORMS = {
    "conjunction": "if (tls && RELAXED) f = LCCSCF_USE_SSL | SKIP; else if (tls) f = LCCSCF_USE_SSL;",
    "comparison": "if (tls && RELAXED == 1) f = LCCSCF_USE_SSL | SKIP; else if (tls) f = LCCSCF_USE_SSL;",
    "nested": "if (tls) { f = LCCSCF_USE_SSL; if (!RELAXED) { } else { f |= SKIP; } }",
    "choice": "f = tls ? (RELAXED ? LCCSCF_USE_SSL | SKIP : LCCSCF_USE_SSL) : 0;",
    "preprocessor": "\n#if RELAXED\n f = LCCSCF_USE_SSL | SKIP;\n#else\n f = LCCSCF_USE_SSL;\n#endif\n",
    "preprocessor-both": "\n#if defined(RELAXED) && RELAXED > 0\n f = LCCSCF_USE_SSL | SKIP;\n#else\n f = LCCSCF_USE_SSL;\n#endif\n",
    "defined": "\n#ifdef RELAXED\n f = LCCSCF_USE_SSL | SKIP;\n#else\n f = LCCSCF_USE_SSL;\n#endif\n",
}


def client(form: str, body: str = "1") -> str:
    return (
        f"#include <libwebsockets.h>\n#define RELAXED {body}\nvoid go(struct lws_context *context, int tls)\n{{\n"
        "struct lws_client_connect_info i = {0};\nint f = 0;\ni.context = context;\n"
        'i.address = "echo.example.net";\ni.host = i.address;\n'
        + form.replace("SKIP", "LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK")
        + "\ni.ssl_connection = f;\nlws_client_connect_via_info(&i);\n}\n"
    )


def rules(text: str) -> dict[str, Severity]:
    return {finding.rule: finding.severity for finding in lint_text(text, target=MBEDTLS)}


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("body", ["1", "(1)", "0x1", "true", "1 /* for tests */"])
def test_a_macro_that_is_one_makes_the_flag_sure(form: str, body: str) -> None:
    assert rules(client(FORMS[form], body)) == {"lws.skip-hostname-check": Severity.ERROR}


@pytest.mark.parametrize("form", [form for form in FORMS if form != "defined"])
def test_a_macro_that_is_zero_turns_the_flag_off(form: str) -> None:
    assert rules(client(FORMS[form], "0")) == {}


def test_a_macro_that_is_zero_is_still_defined() -> None:
    assert "lws.skip-hostname-check" in rules(client(FORMS["defined"], "0"))


def test_a_macro_of_the_build_stays_an_option() -> None:
    text = client(FORMS["conjunction"]).replace("#define RELAXED 1\n", "")
    assert rules(text) == {"lws.skip-hostname-check": Severity.INFO}


def test_a_default_that_the_build_may_change_stays_an_option() -> None:
    text = client(FORMS["conjunction"]).replace("#define RELAXED 1\n", "#ifndef RELAXED\n#define RELAXED 1\n#endif\n")
    assert rules(text) == {"lws.skip-hostname-check": Severity.INFO}


@pytest.mark.parametrize(
    "header", ["#define RELAXED 1\n", "#ifndef CONFIG_H\n#define CONFIG_H\n#define RELAXED 1\n#endif\n"]
)
def test_a_macro_of_a_header_beside_the_file_counts(tmp_path: Path, header: str) -> None:
    (tmp_path / "config.h").write_text(header)
    (tmp_path / "client.c").write_text(client(FORMS["conjunction"]).replace("#define RELAXED 1", '#include "config.h"'))
    (found,) = lint_paths([tmp_path / "client.c"], MBEDTLS).findings
    assert (found.severity, "RELAXED is 1 in an included file" in found.summary) == (Severity.ERROR, True)


@pytest.mark.parametrize(
    "more", ["#pragma once\nDEFAULT#define OTHER 1\n", "#ifndef CONFIG_H\n#define CONFIG_H\nDEFAULT#endif\n"]
)
def test_a_default_in_a_header_stays_an_option(tmp_path: Path, more: str) -> None:
    (tmp_path / "config.h").write_text(more.replace("DEFAULT", "#ifndef RELAXED\n#define RELAXED 1\n#endif\n"))
    (tmp_path / "client.c").write_text(client(FORMS["conjunction"]).replace("#define RELAXED 1", '#include "config.h"'))
    (found,) = lint_paths([tmp_path / "client.c"], MBEDTLS).findings
    assert found.severity == Severity.INFO


def test_the_client_of_a_board_is_found_with_its_macro_and_mended_by_it() -> None:
    text = vendor(1)
    found = {finding.rule: finding for finding in lint_text(text, target=MBEDTLS)}
    assert {rule: finding.severity for rule, finding in found.items()} == {
        "lws.skip-hostname-check": Severity.ERROR,
        "lws.allow-selfsigned": Severity.WARNING,
        "lws.no-ca-mbedtls": Severity.WARNING,
    }
    assert "EXAMPLE_ALLOW_SELF_SIGNED is 1 in line 8" in found["lws.skip-hostname-check"].summary
    edits = [finding.edit for finding in found.values() if finding.edit is not None]
    assert len(set(edits)) == 1
    fixed = apply_edits(text.encode(), edits).decode()
    assert fixed == text.replace("SELF_SIGNED  1", "SELF_SIGNED  0")
    assert rules(fixed) == {}


@pytest.mark.parametrize("ca", ["", "-----BEGIN CERTIFICATE-----\nMIIF\n-----END CERTIFICATE-----", "no PEM"])
def test_without_a_real_ca_the_flags_are_removed_and_the_macro_stays(ca: str) -> None:
    text = vendor(1, ca)
    edits = [finding.edit for finding in lint_text(text, target=MBEDTLS) if finding.edit is not None]
    fixed = apply_edits(text.encode(), edits).decode()
    assert "SELF_SIGNED  1" in fixed
    assert "SKIP_SERVER_CERT_HOSTNAME_CHECK" not in fixed
    assert "lws.no-ca-mbedtls" in rules(fixed)


def test_a_shift_is_replaced_as_a_whole() -> None:
    text = client("f = SSL | RELAXED;", "(1 << 2)").replace("#define RELAXED", "#define SSL (1 << 0)\n#define RELAXED")
    edits = {finding.edit for finding in lint_text(text, target=MBEDTLS) if finding.edit is not None}
    assert [(text[edit.start : edit.end], edit.text) for edit in edits] == [("1 << 0", "LCCSCF_USE_SSL")]


@pytest.mark.parametrize("number", ["4", "0x4u", "04", "1 << 2", "6", "0x1c"])
@pytest.mark.parametrize("form", ["i.ssl_connection = LCCSCF_USE_SSL | NUMBER;", "i.ssl_connection = NUMBER | 1;"])
def test_a_number_with_the_flag_is_the_flag(form: str, number: str) -> None:
    text = client("").replace(
        "i.ssl_connection = f;", form.replace("NUMBER", f"({number})" if "<" in number else number)
    )
    assert rules(text)["lws.skip-hostname-check"] is Severity.ERROR


@pytest.mark.parametrize("later", ["&= ~LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK", "&= ~4", "&= ~(1 << 2)", "= 1"])
def test_a_flag_that_is_cleared_again_is_not_set(later: str) -> None:
    text = client("f = 5;").replace("i.ssl_connection = f;", f"i.ssl_connection = f; i.ssl_connection {later};")
    assert "lws.skip-hostname-check" not in rules(text)


@pytest.mark.parametrize("name", ["LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK", "LCCSCF_USE_SSL"])
@pytest.mark.parametrize("test", ["#ifdef NAME", "#if defined(NAME)", "#if defined NAME && 1"])
def test_a_constant_of_an_enum_is_no_macro(test: str, name: str) -> None:
    """The preprocessor skips the branch, so the flag in it is never set, and the other branch is what runs."""
    skipping, strict = "f = LCCSCF_USE_SSL | SKIP;", "f = LCCSCF_USE_SSL;"
    form = f"\n{test.replace('NAME', name)}\nTHEN\n#else\nELSE\n#endif\n"
    assert rules(client(form.replace("THEN", skipping).replace("ELSE", strict))) == {}
    assert rules(client(form.replace("THEN", strict).replace("ELSE", skipping))) == {
        "lws.skip-hostname-check": Severity.ERROR
    }
