"""What build files beside the code say of TLS library and versions, and that the caller's word wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from wssure.tools.lint import Target, lint_paths
from wssure.tools.lint.build import read_build

CODE = """#include <libwebsockets.h>
void go(struct lws_context *context, const char *name)
{
	struct lws_client_connect_info i = {0};
	i.context = context;
	i.address = i.host = name;
	i.ssl_connection = LCCSCF_USE_SSL | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
	lws_client_connect_via_info(&i);
}
"""
FILES = [
    ("CMakeLists.txt", 'set(LWS_WITH_MBEDTLS ON CACHE BOOL "")\n', "mbedtls", None),
    ("CMakeLists.txt", "option(X)\n# set(LWS_WITH_MBEDTLS ON)\nfind_package(OpenSSL REQUIRED)\n", "openssl", None),
    ("CMakeLists.txt", "execute_process(COMMAND cmake -DLWS_WITH_MBEDTLS=1 ..)\n", "mbedtls", None),
    ("CMakeCache.txt", "LWS_WITH_MBEDTLS:BOOL=OFF\n", "openssl", None),
    ("CMakeLists.txt", "set(LWS_WITH_GNUTLS ON)\n", "gnutls", None),
    (
        "CMakeLists.txt",
        "FetchContent_Declare(libwebsockets\n GIT_REPOSITORY https://example.net/lws\n GIT_TAG v4.3.3)\nset(LWS_WITH_MBEDTLS ON)\n",
        "mbedtls",
        (4, 3, 3),
    ),
    ("CMakeLists.txt", "find_package(libwebsockets 4.3 REQUIRED)\n", None, (4, 3)),
    ("idf_component.yml", 'dependencies:\n  espressif/libwebsockets: "^4.3.3"\n', None, (4, 3, 3)),
    ("sdkconfig", 'CONFIG_IDF_TARGET="esp32"\n', "mbedtls", None),
    ("sdkconfig.defaults.esp32s3", "CONFIG_MBEDTLS_DEBUG=y\n", "mbedtls", None),
    ("mbedtls_config.h", "#define MBEDTLS_SSL_CLI_C\n#define MBEDTLS_SSL_SERVER_NAME_INDICATION\n", "mbedtls", None),
    ("config.h", '#define VERSION "1"\n', None, None),
    ("CMakeLists.txt", "project(app C)\n", None, None),
]


@pytest.mark.parametrize(("name", "text", "tls", "lws"), FILES)
def test_a_build_file_names_the_library(
    name: str, text: str, tls: str | None, lws: tuple[int, ...] | None, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    target = read_build(tmp_path, tmp_path, {}).target
    assert target.tls == tls
    assert target.lws == lws
    assert target.why == (name if tls else "")


def severity(tmp_path: Path, target: Target | None = None) -> str:
    (found,) = lint_paths([tmp_path], target).findings
    return found.severity.value


def test_files_above_the_code_count_and_the_caller_wins(tmp_path: Path) -> None:
    (tmp_path / "main").mkdir()
    (tmp_path / "main" / "client.c").write_text(CODE)
    assert severity(tmp_path) == "warning"
    (tmp_path / "sdkconfig").write_text('CONFIG_IDF_TARGET="esp32"\n')
    assert severity(tmp_path) == "error"
    assert severity(tmp_path, Target(tls="openssl")) == "warning"


def test_files_above_the_directory_asked_for_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "sdkconfig").write_text('CONFIG_IDF_TARGET="esp32"\n')
    (tmp_path / "main").mkdir()
    (tmp_path / "main" / "client.c").write_text(CODE)
    assert severity(tmp_path / "main") == "warning"


@pytest.mark.parametrize(
    ("include", "expected"), [("mbedtls/ssl.h", "error"), ("esp_log.h", "error"), ("openssl/ssl.h", "warning")]
)
def test_include_lines_tell_the_library_where_nothing_else_does(include: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / "client.c").write_text(f"#include <{include}>\n" + CODE)
    assert severity(tmp_path) == expected


def test_a_configuration_without_client_code_is_nobodys_business(tmp_path: Path) -> None:
    (tmp_path / "mbedtls_config.h").write_text("#define MBEDTLS_SSL_CLI_C\n#define MBEDTLS_SSL_IN_CONTENT_LEN 2048\n")
    (tmp_path / "server.c").write_text("int main(void) { return 0; }\n")
    assert lint_paths([tmp_path]).findings == []


def test_findings_in_configurations_are_named_as_the_caller_named_the_directory(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "client.c").write_text(CODE)
    (tmp_path / "mbedtls_config.h").write_text("#define MBEDTLS_SSL_MAX_CONTENT_LEN 2048\n")
    monkeypatch.chdir(tmp_path)
    assert {found.file for found in lint_paths([Path()]).findings} == {"client.c", "mbedtls_config.h"}
