"""The laws of fixes: written once, said to each reader in its own terms, each used, each slot with a value."""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import re
import shlex
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest
from tests.causes.test_evidence import CASES

import wssure
from wssure import Site, TLSSettings, connect, serve
from wssure.diagnose import catalogue, conclude, render
from wssure.errors import usage_error
from wssure.fixes import SENTENCES, SETTINGS, Fix, Reader, fix, format_fixes
from wssure.tools.cli import check, hello

SOURCES = [
    ast.parse(path.read_text())
    for path in Path(wssure.__file__).parent.rglob("*.py")
    if path.name != "fixes.py" or path.parent.name == "causes"
]
# Code that a Python program has and a command line has not.
PYTHON = re.compile(
    r"\b(?:TLSSettings|connect|serve|Site|asyncio\.\w+|context\.\w+)\b\s*(?:\(|[&|]?=)|"
    r"\b(?:"
    + "|".join(sorted({*inspect.signature(connect).parameters, *inspect.signature(serve).parameters}))
    + r")=|=None"
)
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
KEYWORD = re.compile(r"\b([a-z_]+)=(?=[\"\[({]|None|True|False|FILE|NAME|\.\.\.)")
KEYWORDS = {
    *inspect.signature(connect).parameters,
    *inspect.signature(serve).parameters,
    *(one.name for one in (*fields(TLSSettings), *fields(Site))),
}
LEFT_OVER = re.compile(r"[{}$]|\[\[|\]\]")


def flags_of(verb: ModuleType) -> set[str]:
    parser = argparse.ArgumentParser()
    verb.add_flags(parser)
    return set(FLAG.findall(parser.format_help()))


FLAGS, FLAGS_OF_HELLO = flags_of(check), flags_of(hello)


def slots(text: str) -> set[str]:
    """Return the slots that need a value: neither optional nor with words for a missing one."""
    return set(re.findall(r"\{(\w+)\}", re.sub(r"\[\[.*?\]\]", "", text, flags=re.DOTALL)))


def needed(fix_id: str) -> set[str]:
    """Return the values that a fix has to have, for whoever reads it."""
    settings = re.findall(r"\$(\w+)(?!\w|=)", SENTENCES[fix_id])
    return slots(SENTENCES[fix_id]).union(*(slots(text) for name in settings for text in SETTINGS[name]))


def values_for(fix_id: str) -> dict[str, str]:
    texts = (SENTENCES[fix_id], *(text for one in SETTINGS.values() for text in one))
    return {name: f"the-{name}" for text in texts for name in re.findall(r"\{(\w+)[}|]", text)}


@pytest.mark.parametrize("full", [True, False], ids=["all-values", "needed-values"])
def test_each_reader_gets_its_own_terms(full):
    code = r'additional_headers=\{"Authorization": "Bearer \.\.\."\}'
    for fix_id in SENTENCES:
        given = values_for(fix_id)
        one = fix(fix_id, **{name: value for name, value in given.items() if full or name in needed(fix_id)})
        for reader in Reader:
            text = one.text(reader)
            assert text, fix_id
            assert not text.endswith("."), text
            assert not LEFT_OVER.search(re.sub(code, "", text)), text
        flags = one.text(Reader.FLAGS)
        assert fix_id.startswith("hello.") or not PYTHON.search(flags), flags
        assert set(FLAG.findall(flags)) <= (FLAGS_OF_HELLO if fix_id.startswith("hello.") else FLAGS), flags
        python = one.text()
        assert fix_id.startswith("hello.") or not FLAG.search(python), python
        assert fix_id.startswith("hello.") or set(KEYWORD.findall(python)) <= KEYWORDS, python


def test_settings_are_those_that_exist():
    for name, (python, flag, other) in SETTINGS.items():
        assert set(KEYWORD.findall(python)) <= KEYWORDS, name
        assert set(FLAG.findall(flag)) <= FLAGS, name
        assert not PYTHON.search(other), name
        assert not FLAG.search(other), name


def test_what_check_prints_has_no_python():
    for case in CASES:
        failure = conclude(case.stage, case.facts, case.attempts, role=case.role)
        for fixes in (failure.fixes, *(one.fixes for one in failure.alternatives)):
            text = format_fixes(fixes, Reader.FLAGS)
            assert not PYTHON.search(text), text
            assert set(FLAG.findall(text)) <= FLAGS, text
        said = format_fixes(failure.fixes, Reader.FLAGS)
        assert json.dumps(said)[1:-1] in json.dumps(failure.to_json(Reader.FLAGS))
        printed = render(failure, reader=Reader.FLAGS).replace("\n  fix   ", "")
        assert "".join(said.split()) in "".join(printed.split())


def calls(name: str):
    return (
        call
        for tree in SOURCES
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == name
    )


def test_each_fix_is_used_and_each_used_one_is_there():
    words = {node.value for tree in SOURCES for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    of_servers = {name for name in SENTENCES if name.startswith("server.")}
    assert set(SENTENCES) - of_servers - words == set()
    assert {name.removeprefix("server.") for name in of_servers} <= {cause.id for cause in catalogue()}
    used = {call.args[0].value for call in calls("fix") if isinstance(call.args[0], ast.Constant)}
    assert used | {cause.id for cause in catalogue()} <= set(SENTENCES)


def test_each_slot_gets_a_value():
    standing = {cause.id for cause in catalogue()}
    assert {name: needed(name) for name in standing if needed(name)} == {}
    for call in calls("fix"):
        if isinstance(call.args[0], ast.Constant):
            names = {keyword.arg or "address" for keyword in call.keywords}
            assert needed(call.args[0].value) <= names, call.args[0].value


def test_usage_errors_name_a_setting_that_has_a_flag_by_its_slot():
    """In Python `ca=`, on the command line `--cacert`: a name that stands there as it is would be Python for both."""
    # Of the three that are left out the command line makes a list itself, so that only Python can get them wrong.
    flagged = {name for name, (_, flag, _) in SETTINGS.items() if flag and name in KEYWORDS} - {
        "alpn",
        "pins",
        "subprotocols",
    }
    for call in calls("usage_error"):
        texts = (
            [node.value for node in ast.walk(call.args[2]) if isinstance(node, ast.Constant)] if call.args[2:] else []
        )
        for text in filter(lambda one: isinstance(one, str), texts):
            # A whole call is what only a Python program got wrong.
            assert not set(re.findall(r"(?<!\$)\b(\w+)=", re.sub(r"\w\([^()]*\)", "", text))) & flagged, text
            assert set(re.findall(r"\$(\w+)", text)) <= {*SETTINGS, *KEYWORDS}, text


def test_a_usage_error_names_the_keyword_or_the_flag():
    failure = usage_error("ca", "ca got nothing", "give $ca= a PEM file, or $no_proxy; $keylog= is another").failure
    assert failure.fix == "give ca= a PEM file, or proxy=None; keylog= is another"
    assert (
        format_fixes(failure.fixes, Reader.FLAGS)
        == "give --cacert a PEM file, or --proxy none; the setting keylog is another"
    )


def test_a_value_is_escaped_and_never_a_slot():
    text = fix("cert.other-name", name="\x1b[2J{url}$ca", url="wss://a/", address="192.0.2.7", expected="b").text()
    assert text.startswith("if \\x1b[2J{url}$ca is the intended service")
    assert len(fix("cert.other-name", name="a" * 999, url="", address="", expected="b").text()) < 600


@pytest.mark.parametrize("value", ['a"], tls=None, x=["b', "a\\", "$(id)", "a; id", "a' id", "`id`"])
def test_a_value_of_the_peer_stays_one_word_of_the_code_it_stands_in(value):
    """Lines are copied: a subprotocol that a server chose must not add an argument, nor a command."""
    one = fix("ws.other-subprotocol", subprotocol=value)
    code = one.text().partition("offer it: ")[2]
    call = ast.parse(code, mode="eval").body
    assert [ast.literal_eval(keyword.value) for keyword in call.keywords] == [[value]]
    assert shlex.split(one.text(Reader.FLAGS).partition("offer it: ")[2]) == ["--subprotocol", value]


def test_a_missing_value_leaves_its_part_out():
    assert "this CA, get" in fix("cert.untrusted-root").text()
    assert 'this CA "CN=A", get' in fix("cert.untrusted-root", issuer="CN=A").text()
    assert fix("cert.untrusted-root", issuer="") == Fix("cert.untrusted-root")


AFTER_COLON = [
    ("ws.no-extension", Reader.FLAGS, "connect without extensions: switch compression off in the client"),
    (
        "http.allow-origin",
        Reader.FLAGS,
        "if pages of the-origin may connect, allow them: add the-origin to the server's list of allowed origins",
    ),
    (
        "client.unknown-name",
        Reader.FLAGS,
        'add a site for "the-name" to the sites of the server; or correct the name in the client',
    ),
    (
        "cert.no-trust-store",
        Reader.CLIENT,
        "install ca-certificates (Debian: apt install ca-certificates), or give the client a CA file",
    ),
    (
        "cert.untrusted-root",
        Reader.CLIENT,
        'if you know and trust this CA "the-issuer", get its certificate from its owner and give it to the client as its CA file',
    ),
]


@pytest.mark.parametrize(("fix_id", "reader", "text"), AFTER_COLON, ids=[row[0] for row in AFTER_COLON])
def test_a_setting_said_in_words_is_part_of_its_sentence(fix_id: str, reader: Reader, text: str):
    assert fix(fix_id, **values_for(fix_id)).text(reader) == text
