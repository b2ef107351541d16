"""Write docs/same-fault.md and docs/same-fault.zh.md from src/wssure/tools/stacks/facts.toml.

`python tools/stack-page.py` writes the pages if they are old; with --check it only says so, and ends with 1.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from wssure.tools.stacks.table import StackFact, facts

DOCS = Path(__file__).parents[1] / "docs"
MARK = "<!-- written by tools/stack-page.py from src/wssure/tools/stacks/facts.toml: change it there -->"
ENGLISH = """# Which setting of which program loses the server name

[中文](same-fault.zh.md)

A flag of libwebsockets that should only skip the check of a name [also stops the client from sending it](incident.md). Other programs have the
same fault, the reverse one, or none. The table has {settings} settings of {programs} programs: {lost} lose the name, {falsified} send another text in its
place, and {kept} keep it, although they sound as if they would not.

* **name**: *lost* is no name although one was given; *falsified* is another text in its place, such as an address, a port or nothing; *kept* is the right name.
* **checked**: whether the name in the server's certificate is checked with this setting.
* **evidence**: *measured* is a first flight recorded on loopback; those that are kept are in `tests/vectors`, and the one of each row is named. File and
  line say where the source was read. ESP-IDF ran as a Linux build of esp-tls: presence and text of the name carry over to a board, sizes do not.

It is a list of settings, not a rate: it does not tell how many clients in the world use them. To see what a client sends, let it connect to
`wssure hello --listen 8443`. With `--stack PROGRAM` only the fix of that program is printed.
"""
CHINESE = """# 哪个程序的哪个设置会丢掉服务器名（SNI）

[English](same-fault.md)

libwebsockets 有一个标志，本来只该跳过名字校验，[却让客户端不再发送名字](incident.zh.md)。别的程序有同样的问题、相反的问题，或者没有问题。下表列出 {programs} 个程序的
{settings} 个设置：{lost} 个丢掉名字，{falsified} 个发送别的内容，{kept} 个听起来会丢、实际保留。

* **名字**：*丢失*：给了名字却没有发送；*错误*：发送的是别的内容，例如 IP 地址、端口或空；*保留*：发送了正确的名字。
* **校验**：用这个设置时是否校验服务器证书里的名字。
* 证据、查看方法见英文页。ESP-IDF 测的是 esp-tls 的 Linux 构建：名字有无、内容与板子一致，长度不一致。

这是设置的清单，不是比例：它不说明有多少客户端这样用。想看某个客户端发送了什么，让它连接 `wssure hello --listen 8443`；加 `--stack PROGRAM` 时只显示该程序的修复方法。
"""
HEADS = (
    ("program", "TLS library", "versions", "setting", "name", "checked", "write", "log, and how to see it", "evidence"),
    ("程序", "TLS 库", "版本", "设置", "名字", "校验", "正确写法", "日志"),
)
WORDS = {"lost": "丢失", "falsified": "错误", "kept": "保留", "yes": "是", "no": "否", "unknown": "不明"}
LIBRARIES = {
    "mbedtls": "Mbed TLS",
    "openssl": "OpenSSL",
    "gnutls": "GnuTLS",
    "wolfssl": "wolfSSL",
    "mongoose": "built in",
    "go": "Go",
    "java": "JSSE",
    "erlang": "Erlang",
    "boringssl": "BoringSSL",
    "nss": "NSS",
    "securetransport": "Secure Transport",
}


def pages() -> dict[str, str]:
    """Return the texts of the pages, by file name."""
    counts = {name: sum(fact.name == name for fact in facts()) for name in ("lost", "falsified", "kept")}
    numbers = {**counts, "settings": len(facts()), "programs": len({fact.stack for fact in facts()})}
    tables = ([_english(fact) for fact in facts()], [_chinese(fact) for fact in facts()])
    texts = []
    for introduction, heads, rows in zip((ENGLISH, CHINESE), HEADS, tables, strict=True):
        table = [_row(heads), _row("---" for _ in heads), *map(_row, rows)]
        texts.append("\n".join([MARK, "", introduction.format(**numbers), *table, ""]))
    return dict(zip(("same-fault.md", "same-fault.zh.md"), texts, strict=True))


def _english(fact: StackFact) -> list[str]:
    checked = _plain(fact.checked)
    name = f"**{fact.name}**" if fact.name != "kept" else fact.name
    see = [f"`{fact.log}`"] if fact.log else []
    see += [_plain(fact.see)] if fact.see else []
    flight = f"; `{fact.flight}`" if fact.flight else ""
    fixed = f"; fixed in {_plain(fact.fixed)}" if fact.fixed else ""
    evidence = f"{_plain(fact.source)}{flight} ({fact.date})"
    head = _head(fact)
    return [*head[:2], head[2] + fixed, head[3], name, checked, _plain(fact.write), "; ".join(see), evidence]


def _chinese(fact: StackFact) -> list[str]:
    name = f"**{WORDS[fact.name]}**" if fact.name != "kept" else WORDS[fact.name]
    fixed = f"；修复于 {_plain(fact.fixed)}" if fact.fixed else ""
    head = _head(fact)
    log = f"`{fact.log}`" if fact.log else ""
    return [*head[:2], head[2] + fixed, head[3], name, WORDS[fact.checked], _plain(fact.zh), log]


def _head(fact: StackFact) -> list[str]:
    libraries = ", ".join(LIBRARIES[tls] for tls in fact.tls)
    return [_plain(fact.program), libraries, _plain(fact.versions), _plain(fact.setting)]


def _plain(text: str) -> str:
    """Escape the characters of a text that Markdown reads as markup."""
    for mark in "\\`*[]<|":
        text = text.replace(mark, f"\\{mark}")
    return text


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main(arguments: list[str]) -> int:
    """Write the pages, or check them."""
    old = {
        name: text
        for name, text in pages().items()
        if not (DOCS / name).exists() or (DOCS / name).read_text(encoding="utf-8") != text
    }
    if "--check" in arguments:
        print(*(f"docs/{name} is old: run python tools/stack-page.py" for name in old), sep="\n", file=sys.stderr)
        return bool(old)
    for name, text in old.items():
        (DOCS / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
