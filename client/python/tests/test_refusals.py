import asyncio

import pytest

import sotto
from conftest import Servers, read_samples, run
from sotto import Final, SottoError


def refused(url: str, **options: object) -> SottoError:
    async def talk() -> None:
        async with sotto.connect(url, **options):  # type: ignore[arg-type]
            pass

    with pytest.raises(SottoError) as error:
        run(talk())
    return error.value


def test_a_key_opens_a_session(servers: Servers) -> None:
    async def talk() -> None:
        async with sotto.connect(servers.keyed_url, key=servers.key) as session:
            await session.send(read_samples(servers.wav)[: 3 * 32_000])
            await session.finish()
            finals = [event.text async for event in session if isinstance(event, Final)]
        assert finals == servers.sentences[:1]

    run(talk())


@pytest.mark.parametrize("which, code", [("none", "auth.missing"), ("wrong", "auth.invalid"), ("other", "auth.scope")])
def test_a_missing_or_wrong_key_is_an_exception_with_its_code(servers: Servers, which: str, code: str) -> None:
    key = {"none": None, "wrong": "sk-nobody", "other": servers.other_key}[which]
    error = refused(servers.keyed_url, key=key)
    assert (error.code, error.retry) == (code, "never")
    assert error.data["status"] == (403 if which == "other" else 401)
    assert error.text and error.data["text"] == error.text


def test_a_full_server_says_where_to_go(servers: Servers) -> None:
    error = refused(servers.full_url)
    assert (error.code, error.retry, error.data["status"]) == ("server.full", "elsewhere", 503)


def test_an_option_that_the_server_refuses_is_an_exception(servers: Servers) -> None:
    error = refused(servers.url, language="Klingon")
    assert error.code == "command.option"
    assert "language" in error.text


def test_nobody_there_nobody_answers_and_no_server_of_this_kind() -> None:
    async def serve(answer: bytes, work: "object") -> None:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            if answer:
                writer.write(answer)
                writer.close()
            else:
                await asyncio.sleep(5)

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(SottoError) as error:
            await sotto.connect(url, timeout=0.5)
        assert error.value.code == work
        server.close()

    page = b"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
    run(serve(page, "connection.refused"))
    run(serve(b"", "connection.timeout"))
    assert refused("ws://127.0.0.1:1").code == "connection.lost"
    with pytest.raises(ValueError, match="must begin with ws://"):
        sotto.connect("127.0.0.1:8080")
