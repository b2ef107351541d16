"""Recognise what people type instead of a log line: the symptom in their own words, a number alone, the name of a flag."""

from wssure.tools.explain import libwebsockets
from wssure.tools.explain.model import Library

_NAME = r"\b(?:SNI|server[_ ]?name(?:[_ ]indication)?)\b"
_LACKS = r"\b(?:missing|no|not|without|lacks?|lacking|absent|empty|lost|loses?|omits?|omitted|drops?|dropped|removes?|removed|never|isn't|doesn't|does not)\b"
# Chinese: missing, lacking, absent, not sent, lost, empty.
_LACKS_ZH = r"(?:\u7f3a\u5c11|\u7f3a\u5931|\u7f3a|\u6ca1\u6709|\u6ca1|\u672a|\u4e0d\u5e26|\u4e0d\u5305\u542b|\u4e0d\u53d1\u9001|\u4e22\u5931|\u4e3a\u7a7a|\u65e0)"

# Short texts by people are read last: a known line of a library in the same text says more.
LIBRARY = Library(
    name="a question",
    texts={
        r"LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK": "skip-flag",
        r"LCCSCF_ALLOW_(?:SELFSIGNED|INSECURE|EXPIRED)": "relaxing-flag",
        r"\b4\.3\.3-WM\b|\bwebsocke_client\b|libwebsockets.{0,20}#? ?3331\b": "skip-flag",
        rf"{_NAME}.{{0,40}}{_LACKS}|{_LACKS}.{{0,40}}{_NAME}": "asked-sni",
        rf"(?:SNI|server_name).{{0,20}}{_LACKS_ZH}|{_LACKS_ZH}.{{0,20}}(?:SNI|server_name)": "asked-sni",
        # Chinese: alert, error code, close code, status.
        r"^\W*+(?:TLS |SSL )?(?:alert|\u8b66\u62a5|\u544a\u8b66)\s*(?:number|code|no\.?|\u4ee3\u7801)?\W{0,3}(\d{1,3})\W*$": "alert-{1}",
        r"^\W*+(?:(?:web ?socket )?(?:close|closed)?\s*(?:code|with|status|\u5173\u95ed\u7801)?\W{0,3})(1\d{3}|[34]\d{3})\W*$": "close-{1}",
        r"^\W*+(?:HTTP(?:/1\.1)?|status|error|\u72b6\u6001\u7801)?\s*(?:code|status)?\W{0,3}([2-5]\d\d)\W*$": "http-{1}",
    },
    fixes={"tls.sni-missing": libwebsockets.SKIP},
)
