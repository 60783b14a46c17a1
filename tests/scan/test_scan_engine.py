"""How files are rated: budgets, what breaks, what is unknown, and that nothing passes by default."""

from __future__ import annotations

import os
import random
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core.errors import AccordError
from accord.core.finding import Severity
from accord.core.plugins import load_checks
from accord.scan.engine import Target, rate, read
from accord.scan.look import Limits, Look, OverError
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Rated, Rating, Sight, worst
from accord.scan.reasons import provisions, reasons, seen

Rate = Callable[..., Rated]
ELF: Final = b"\x7fELF\x02\x01\x01" + bytes(57)


class TestRatings:
    def test_the_worst_rating_counts_and_none_at_all_is_safe(self) -> None:
        assert worst([]) is Rating.SAFE
        assert worst([Rating.SAFE, Rating.UNKNOWN]) is Rating.UNKNOWN
        assert worst(Rating) is Rating.DANGEROUS

    def test_every_kind_of_reason_is_complete(self) -> None:
        codes = set(load_checks(frozenset()))
        for kind, reason in reasons().items():
            assert reason.title, kind
            assert reason.fix, kind
            assert reason.check in codes, kind
            if reason.rating is Rating.DANGEROUS:
                assert reason.severity in {Severity.HIGH, Severity.CRITICAL}, kind
                assert reason.refs, kind

    def test_a_finding_bears_on_the_provisions_of_the_check_that_asks_the_same(self) -> None:
        checks = {code: loaded.check for code, loaded in load_checks(frozenset()).items()}
        assert {reason.check for reason in reasons().values()} == set(provisions())
        for code, names in provisions().items():
            assert names == tuple(sorted({claim.partition("/")[0] for claim in checks[code].bears_on})), code

    def test_what_is_seen_is_made_harmless_for_terminals(self) -> None:
        found = seen(Sight("malformed", "a \x1b[31mred\x07 fact\u202e", "na\x1bme"), "x")
        assert "\x1b" not in found.finding.message + found.name
        assert "\u202e" not in found.finding.message


class TestUnknownContent:
    def test_noise_is_unknown(self, rated: Rate) -> None:
        assert rated("weights.bin", random.Random(1).randbytes(5000)).rating is Rating.UNKNOWN

    @pytest.mark.parametrize("head", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"PAR1", b"%PDF-1.7\n"])
    def test_pictures_tables_and_documents_pass_by_their_mark(self, rated: Rate, head: bytes) -> None:
        found = rated("file", head + random.Random(2).randbytes(500))
        assert (found.rating, found.format) == (Rating.SAFE, "other")

    def test_an_empty_file_and_zeros_are_safe(self, rated: Rate) -> None:
        assert rated("empty", b"").rating is Rating.SAFE
        assert rated("zeros", bytes(10_000)).rating is Rating.SAFE

    def test_something_behind_zeros_is_not(self, rated: Rate) -> None:
        assert rated("late", bytes(10_000) + b"cos\nsystem\n.").rating is not Rating.SAFE


class TestPrograms:
    def test_a_program_under_the_name_of_a_model_is_dangerous(self, rated: Rate) -> None:
        found = rated("model.gguf", ELF)
        assert found.rating is Rating.DANGEROUS
        assert found.format == "elf"

    def test_a_library_is_native_code_that_no_scan_clears(self, rated: Rate) -> None:
        assert rated("libop.so", ELF).rating is Rating.UNKNOWN

    def test_a_windows_program_is_one_only_with_its_second_header(self, rated: Rate) -> None:
        real = bytearray(b"MZ" + bytes(1022))
        struct.pack_into("<I", real, 60, 512)
        real[512:516] = b"PE\0\0"
        assert rated("model.bin", bytes(real)).rating is Rating.DANGEROUS
        assert rated("other.bin", b"MZ" + bytes(1022)).rating is Rating.UNKNOWN


class TestDisguise:
    def test_a_name_that_promises_plain_weights_must_keep_its_word(self, rated: Rate) -> None:
        found = rated("model.safetensors", b"\x89PNG\r\n\x1a\n" + bytes(100))
        assert found.rating is Rating.MALFORMED
        assert "safetensors" in found.reasons[0].finding.message


class TestBudgets:
    def test_a_member_too_deep_is_over_the_limit(self) -> None:
        def burrow(part: Part, look: Look) -> Iterator[Sight]:
            yield from look.inside(part.child("in", b"x"))

        look = Look(burrow, Limits(depth=5))
        with pytest.raises(OverError) as caught:
            list(look.inside(Part(b"x", name="x")))
        assert caught.value.kind == "nested"

    def test_the_time_for_a_file_is_bounded(self) -> None:
        look = Look(read, Limits(seconds=-1))
        with pytest.raises(OverError):
            look.tick()

    def test_a_bomb_is_stopped_before_it_fills_the_memory(self) -> None:
        made = 0

        def chunks() -> Iterator[bytes]:
            nonlocal made
            for _ in range(1 << 20):
                made += 1 << 20
                yield bytes(1 << 20)

        look = Look(read, Limits(bomb=8 << 20))
        with pytest.raises(OverError) as caught:
            look.unpack(Part(b"", name="x"), "member", chunks(), packed=100)
        assert caught.value.kind == "bomb"
        assert made <= 10 << 20

    def test_what_unpacks_to_much_waits_on_disk(self) -> None:
        part = Look(read).unpack(Part(b"", name="x"), "m", (os.urandom(1 << 20) for _ in range(40)), packed=40 << 20)
        assert part.size == 40 << 20
        assert not isinstance(part.source, bytes)
        assert len(part.read(39 << 20, 100)) == 100


class TestParts:
    @given(st.binary(max_size=200), st.integers(-5, 250), st.integers(-5, 250), st.integers(-5, 250))
    def test_a_part_never_shows_what_lies_outside_it(self, data: bytes, start: int, at: int, count: int) -> None:
        whole = Part(data, name="x")
        inner = whole.stretch("in", max(start, 0), 20)
        expected = data[max(start, 0) : max(start, 0) + 20]
        assert inner.read(0, 100) == expected
        assert inner.read(at, count) == (expected[at : at + count] if at >= 0 and count > 0 else b"")
        assert inner.find(b"\0") == expected.find(b"\0")
        assert inner.rfind(b"\0") == expected.rfind(b"\0")

    def test_reading_exactly_breaks_where_the_part_ends(self) -> None:
        with pytest.raises(BrokenError):
            Part(b"abc", name="x").exactly(1, 3)
        with pytest.raises(BrokenError):
            Part(b"abc", name="x").unpack("<Q", 0)
        with pytest.raises(BrokenError):
            Part(b"abcd", name="x").whole(3)

    def test_a_member_says_the_way_to_it(self) -> None:
        member = Part(b"abc", name="x.zip").stretch("a/b.zip", 0, 2).child("c.pkl", b"c")
        assert (member.member, member.name) == ("a/b.zip!c.pkl", "c.pkl")


class TestOpening:
    def test_a_file_that_is_no_file_is_an_error(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        for name in ("pipe", "missing", "../x"):
            with pytest.raises(AccordError):
                rate(Target(tmp_path, name, name))


@given(st.binary(max_size=400), st.sampled_from(["x", "m.pkl", "m.onnx", "saved_model.pb", "a.h5", "c.json", "t.yaml"]))
def test_no_content_ends_the_reader(data: bytes, name: str) -> None:
    look = Look(read)
    assert all(sight.kind in reasons() for sight in read(Part(data, name=name), look))
