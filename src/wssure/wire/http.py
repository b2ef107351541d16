"""The public names of the HTTP/1.1 codec, which supports the messages of an upgrade."""

from __future__ import annotations

from wssure.wire.http_message import (
    Headers,
    HttpError,
    HttpLimits,
    Request,
    Response,
    TooLarge,
    bad_character,
    encode_request,
    encode_response,
    is_token,
)
from wssure.wire.http_reader import NotHttp, RequestReader, ResponseReader

__all__ = [
    "Headers",
    "HttpError",
    "HttpLimits",
    "NotHttp",
    "Request",
    "RequestReader",
    "Response",
    "ResponseReader",
    "TooLarge",
    "bad_character",
    "encode_request",
    "encode_response",
    "is_token",
]
