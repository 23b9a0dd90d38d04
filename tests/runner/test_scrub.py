"""Secrets in a job's output: every form, at every cut."""

import base64
import json
from urllib.parse import quote

import pytest

from studiolo.runner import scrub

VALUE = "kanarie/9f8e+7d ü&"


@pytest.mark.parametrize(
    "written",
    [
        VALUE,
        quote(VALUE),
        quote(VALUE, safe=""),
        json.dumps({"password": VALUE}),
        repr(VALUE),
        base64.b64encode(VALUE.encode()).decode(),
        base64.b64encode(f"u:{VALUE}".encode()).decode(),
        base64.b64encode(f"us:{VALUE}".encode()).decode(),
        base64.urlsafe_b64encode(f"user:{VALUE}@host".encode()).decode(),
        VALUE.encode().hex(),
        f"postgresql://u:{quote(VALUE, safe='')}@host/db",
    ],
)
def test_each_form_is_found_at_each_cut(written: str) -> None:
    text = f"before {written} after\n".encode()
    known = scrub.patterns([VALUE])
    whole = scrub.scrub(text, known)
    assert scrub.MASK in whole
    assert whole.startswith(b"before ")
    assert whole.endswith(b" after\n")
    for cut in range(len(text)):
        stream = scrub.Stream(known)
        assert scrub.MASK in stream.feed(text[:cut]) + stream.feed(text[cut:]) + stream.end()
    one_by_one = scrub.Stream(known)
    shown = b"".join(one_by_one.feed(text[i : i + 1]) for i in range(len(text))) + one_by_one.end()
    assert shown == whole


def test_other_text_passes_at_once_and_unchanged() -> None:
    stream = scrub.Stream(scrub.patterns([VALUE]))
    assert stream.feed(b"epoch 1\n") == b"epoch 1\n"
    assert stream.feed(b"kan") == b""
    assert stream.feed(b"oe\n") == b"kanoe\n"
    assert scrub.forms("abc") == set()


def test_lines_of_a_key_are_found_one_by_one() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----\n"
    assert scrub.scrub(b"line MIIEvQIBADANBgkq", scrub.patterns([key])) == b"line " + scrub.MASK
