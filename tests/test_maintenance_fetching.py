"""A file behind an old address: from a public server only, bounded, and of a kind we know by its content."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from models.maintenance.fetching import NotFetched, fetch, is_public
from tests.file_host import PICTURE, FileHost, drips, drips_headers


@pytest.fixture
def host() -> Iterator[FileHost]:
    with FileHost() as made:
        yield made


def refused(host: FileHost, url: str, **more: float) -> NotFetched:
    with pytest.raises(NotFetched) as told:
        host.fetch(url, **more)  # type: ignore[arg-type]
    return told.value


def test_a_picture_comes_with_its_kind_by_content_whatever_the_server_calls_it(host: FileHost) -> None:
    found = host.fetch(host.has("/a.jpg?x=1", Content_Type="image/jpeg"))

    assert (found.content, found.content_type) == (PICTURE, "image/png")
    assert host.asked == ["/a.jpg?x=1"]


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "255.255.255.255"),
        *("224.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
        *("64:ff9b::7f00:1", "2002:7f00:1::", "198.18.0.1", "203.0.113.9", "not an address", ""),
    ],
)
def test_an_address_that_is_not_public_is_none(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "104.16.0.1", "2606:4700::1111", "64:ff9b::101:101"])
def test_a_public_address_is_one(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
def test_a_server_on_this_machine_is_never_asked_however_it_is_written(host: FileHost, name: str) -> None:
    host.has("/a.png")

    with pytest.raises(NotFetched) as told:
        fetch(host.url("/a.png", name), ports={"http": host.port})

    assert told.value.reason in ("not_public", "name_not_found")
    assert host.asked == []


@pytest.mark.parametrize("name", ["inside.example", "both.example"])
def test_one_private_address_of_a_name_is_enough_to_refuse_it(host: FileHost, name: str) -> None:
    host.has("/a.png")

    assert refused(host, host.url("/a.png", name)).reason == "not_public"
    assert host.asked == []


def test_a_redirect_to_a_private_server_is_not_followed(host: FileHost) -> None:
    url = host.has("/a.png", b"", 302, Location=host.url("/b.png", "inside.example"))

    assert (refused(host, url).reason, refused(host, url).retryable) == ("not_public", False)


def test_a_few_redirects_are_followed_and_a_circle_ends(host: FileHost) -> None:
    first = host.has("/1", b"", 301, Location="/2")
    host.has("/2", b"", 307, Location="/3")
    host.has("/3")
    circle = host.has("/c", b"", 302, Location="/c")

    assert host.fetch(first).content == PICTURE
    assert refused(host, circle).reason == "too_many_redirects"
    assert host.asked.count("/c") == 4


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://files.example/a", "file:///etc/passwd", "uploads/a.png", "", "http://", "http://user:pw@files.example/a"),
        *("http://files.example:22/a", "http://files.example:99999/a", "gopher://files.example/", "http://[::1/a"),
    ],
)
def test_what_is_no_plain_address_of_the_web_is_given_up_at_once(host: FileHost, url: str) -> None:
    assert (refused(host, url).reason, refused(host, url).retryable) == ("no_address", False)


def test_a_line_break_in_an_address_makes_no_second_request(host: FileHost) -> None:
    assert refused(host, host.url("/a b")).reason == "no_address"
    assert host.asked == []


def test_a_file_is_cut_off_where_it_becomes_too_large_said_or_not(host: FileHost) -> None:
    said = host.has("/said", PICTURE, Content_Length="999999999")
    unsaid = host.has("/unsaid", lambda handler: handler.wfile.write(PICTURE * 10_000))

    assert refused(host, said).reason == "too_large"
    assert refused(host, unsaid).reason == "too_large"


@pytest.mark.parametrize("how", [drips, drips_headers])
def test_a_server_that_drips_is_left_in_time(host: FileHost, how: Callable[[BaseHTTPRequestHandler], None]) -> None:
    began = time.monotonic()

    assert refused(host, host.has("/slow", how), limit_s=0.6).reason in ("too_slow", "no_answer")
    assert time.monotonic() - began < 2


def test_a_page_instead_of_a_picture_is_given_up(host: FileHost) -> None:
    told = refused(host, host.has("/a.jpg", b"<html>Not found</html>", Content_Type="image/jpeg"))

    assert (told.reason, told.retryable) == ("no_picture", False)


def test_a_file_that_ends_too_early_may_be_tried_again(host: FileHost) -> None:
    told = refused(host, host.has("/cut", PICTURE, Content_Length=str(len(PICTURE) + 10)))

    assert told.retryable


@pytest.mark.parametrize(("status", "again"), [(404, False), (403, False), (410, False), (429, True), (500, True), (503, True)])
def test_what_a_server_answers_decides_whether_it_is_asked_again(host: FileHost, status: int, again: bool) -> None:
    told = refused(host, host.has("/a", b"", status))

    assert (told.reason, told.retryable) == (f"http_{status}", again)


def test_a_server_that_is_not_there_may_be_asked_again(host: FileHost) -> None:
    with FileHost() as gone:
        url, ports = gone.url("/a"), {"http": gone.port}
    with pytest.raises(NotFetched) as told:
        fetch(url, resolve=lambda name, port: ["127.0.0.1"], public=lambda address: True, ports=ports)

    assert (told.value.reason, told.value.retryable) == ("no_answer", True)
