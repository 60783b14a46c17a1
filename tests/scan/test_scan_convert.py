"""Weights-only files become safetensors: PyTorch's formats, spelt opcode by opcode, since torch is not needed."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from accord.core.errors import AccordError
from accord.scan import convert as conversion
from accord.scan import files
from accord.scan.convert import Converted, Fixes, convert, fix, renamed
from accord.scan.engine import Target
from accord.scan.rating import Rated, Rating

MAGIC: Final = 0x1950A86A20F9469CFC6C
NUMBERS: Final = struct.pack("<24f", *range(24))
ORDERED: Final = b"ccollections\nOrderedDict\n)R"
Rate = Callable[..., Rated]


class Read(NamedTuple):
    """A tensor as an independent reader finds it in a safetensors file."""

    sign: str
    shape: tuple[int, ...]
    data: bytes


def text(value: str) -> bytes:
    data = value.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(data)) + data


def number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value) if abs(value) < 1 << 31 else b"\x8a\x08" + struct.pack("<q", value)


def counts(values: Sequence[int]) -> bytes:
    return b"(" + b"".join(number(one) for one in values) + b"t"


def storage(
    key: str = "0", kind: str = "FloatStorage", count: int = 24, device: str = "cpu", view: bytes = b""
) -> bytes:
    pid = text("storage") + b"ctorch\n" + kind.encode() + b"\n" + text(key) + text(device)
    return b"(" + pid + b"J" + struct.pack("<i", count) + view + b"tQ"


def tensor(
    of: bytes,
    shape: Sequence[int],
    strides: Sequence[int],
    offset: int = 0,
    *,
    by: str = "_rebuild_tensor_v2",
    more: bytes = b"",
) -> bytes:
    return (
        b"ctorch._utils\n"
        + by.encode()
        + b"\n("
        + of
        + number(offset)
        + counts(shape)
        + counts(strides)
        + b"\x89"
        + ORDERED
        + more
        + b"tR"
    )


def mapping(items: Mapping[str, bytes], *, ordered: bool = False) -> bytes:
    return (ORDERED if ordered else b"}") + b"(" + b"".join(text(key) + one for key, one in items.items()) + b"u"


def weights(**shapes: Sequence[int]) -> bytes:
    return mapping({name: tensor(storage(), shape, [1] * len(shape)) for name, shape in shapes.items()})


def archive(body: bytes, records: Mapping[str, bytes] | None = None, order: str = "little") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as written:
        written.writestr("archive/data.pkl", b"\x80\x02" + body + b".")
        written.writestr("archive/byteorder", order)
        for key, data in ({"0": NUMBERS} if records is None else records).items():
            written.writestr(f"archive/data/{key}", data)
        written.writestr("archive/version", "3\n")
    return out.getvalue()


def legacy(body: bytes, storages: Mapping[str, bytes], *, little: bool = True, width: int = 4) -> bytes:
    system = {"protocol_version": 1001, "little_endian": little, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    heads = b"".join(pickle.dumps(one, protocol=2) for one in (MAGIC, 1001, system))
    numbers = b"".join(struct.pack("<q", len(data) // width) + data for data in storages.values())
    return heads + b"\x80\x02" + body + b"." + pickle.dumps(list(storages), protocol=2) + numbers


def floats(*values: float) -> bytes:
    return struct.pack(f"<{len(values)}f", *values)


def read(path: Path) -> dict[str, Read]:
    data = path.read_bytes()
    (size,) = struct.unpack_from("<Q", data)
    said = json.loads(data[8 : 8 + size])
    notes = said.pop("__metadata__")
    assert set(notes) == {"format"}
    found = {}
    for name, one in said.items():
        begin, end = one["data_offsets"]
        found[name] = Read(one["dtype"], tuple(one["shape"]), data[8 + size + begin : 8 + size + end])
    return found


Convert = Callable[..., dict[str, Read]]
Refuse = Callable[..., str]


@pytest.fixture
def converted(tmp_path: Path) -> Convert:
    """Return a function that converts bytes under a name and reads the result."""

    def write_and_convert(data: bytes, name: str = "model.pt") -> dict[str, Read]:
        (tmp_path / name).write_bytes(data)
        convert(Target(tmp_path, name, name))
        assert {one.name for one in tmp_path.iterdir()} >= {name, renamed(name)}
        return read(tmp_path / renamed(name))

    return write_and_convert


@pytest.fixture
def refused(tmp_path: Path) -> Refuse:
    """Return a function that expects a refusal which leaves nothing behind, and returns its reason."""

    def write_and_refuse(data: bytes, name: str = "model.pt", code: str = "ACC-E813") -> str:
        (tmp_path / name).write_bytes(data)
        with pytest.raises(AccordError) as caught:
            convert(Target(tmp_path, name, name))
        assert [one.name for one in tmp_path.iterdir()] == [name]
        assert (tmp_path / name).read_bytes() == data
        assert caught.value.code == code
        return caught.value.message

    return write_and_refuse


class TestTorchArchives:
    def test_a_state_dict_becomes_tensors_of_the_same_bytes(self, converted: Convert) -> None:
        body = mapping({"w": tensor(storage(), [4, 6], [6, 1]), "b": tensor(storage(), [3], [1], 20)}, ordered=True)
        assert converted(archive(body)) == {
            "w": Read("F32", (4, 6), NUMBERS),
            "b": Read("F32", (3,), floats(20, 21, 22)),
        }

    def test_a_transposed_tensor_is_written_row_by_row(self, converted: Convert) -> None:
        found = converted(archive(mapping({"t": tensor(storage(), [3, 2], [1, 3], 6)})))
        assert found["t"] == Read("F32", (3, 2), floats(6, 9, 7, 10, 8, 11))

    def test_an_expanded_tensor_is_repeated(self, converted: Convert) -> None:
        found = converted(
            archive(mapping({"e": tensor(storage(), [2, 3], [0, 1]), "f": tensor(storage(), [3], [0], 5)}))
        )
        assert found["e"].data == floats(0, 1, 2, 0, 1, 2)
        assert found["f"].data == floats(5, 5, 5)

    def test_a_scalar_and_an_empty_tensor_keep_their_shapes(self, converted: Convert) -> None:
        body = mapping({"s": tensor(storage(), [], [], 7), "z": tensor(storage("1", count=0), [0, 3], [3, 1])})
        found = converted(archive(body, {"0": NUMBERS, "1": b""}))
        assert found == {"s": Read("F32", (), floats(7)), "z": Read("F32", (0, 3), b"")}

    @pytest.mark.parametrize(
        ("kind", "sign", "width"),
        [("DoubleStorage", "F64", 8), ("HalfStorage", "F16", 2), ("BFloat16Storage", "BF16", 2),
         ("BoolStorage", "BOOL", 1), ("LongStorage", "I64", 8), ("IntStorage", "I32", 4), ("ShortStorage", "I16", 2),
         ("CharStorage", "I8", 1), ("ByteStorage", "U8", 1)],
    )  # fmt: skip
    def test_each_class_of_storage_has_its_type(self, converted: Convert, kind: str, sign: str, width: int) -> None:
        data = bytes([0, 1] * 3 * width)
        body = mapping({"w": tensor(storage("0", kind, 6), [2, 3], [3, 1])})
        assert converted(archive(body, {"0": data})) == {"w": Read(sign, (2, 3), data)}

    @pytest.mark.parametrize(
        ("kind", "sign"), [("float8_e4m3fn", "F8_E4M3"), ("float8_e5m2", "F8_E5M2"), ("uint16", "U16")]
    )
    def test_newer_types_are_told_beside_the_storage(self, converted: Convert, kind: str, sign: str) -> None:
        of = storage("0", "UntypedStorage", 4)
        count = 2 if kind == "uint16" else 4
        more = b"ctorch\n" + kind.encode() + b"\n"
        body = mapping({"w": tensor(of, [count], [1], by="_rebuild_tensor_v3", more=more)})
        assert converted(archive(body, {"0": b"\1\2\3\4"})) == {"w": Read(sign, (count,), b"\1\2\3\4")}

    def test_parameters_and_plain_types_are_unwrapped(self, converted: Convert) -> None:
        inner = tensor(storage(), [2], [1], 3)
        parameter = b"ctorch._utils\n_rebuild_parameter\n(" + inner + b"\x88" + ORDERED + b"tR"
        function, arguments = inner.partition(b"(")[0], inner.partition(b"(")[2].removesuffix(b"R")
        typed = b"ctorch._tensor\n_rebuild_from_type_v2\n(" + function + b"ctorch\nTensor\n(" + arguments + b"}tR"
        found = converted(archive(mapping({"p": parameter, "t": typed})))
        assert {one.data for one in found.values()} == {floats(3, 4)}

    def test_nested_dicts_give_names_with_dots(self, converted: Convert) -> None:
        inner = mapping({"w": tensor(storage(), [1], [1])}, ordered=True)
        assert list(converted(archive(mapping({"a": mapping({"b": inner}), "c": inner})))) == ["a.b.w", "c.w"]

    @pytest.mark.parametrize("wrapper", ["state_dict", "model"])
    def test_a_lone_wrapper_is_taken_off(self, converted: Convert, wrapper: str) -> None:
        assert list(converted(archive(mapping({wrapper: weights(w=[2])})))) == ["w"]

    def test_the_metadata_of_a_state_dict_is_left_out(self, converted: Convert) -> None:
        state = b"}" + text("_metadata") + ORDERED + b"sb"
        assert list(converted(archive(mapping({"w": tensor(storage(), [1], [1])}, ordered=True) + state))) == ["w"]

    def test_a_tensor_without_a_name_gets_one(self, converted: Convert) -> None:
        assert converted(archive(tensor(storage(), [2], [1]))) == {"tensor": Read("F32", (2,), floats(0, 1))}

    def test_the_pairs_of_python_2_are_read(self, converted: Convert) -> None:
        pair = b"](" + text("w") + tensor(storage(), [2], [1]) + b"e"
        assert list(converted(archive(b"ccollections\nOrderedDict\n(](" + pair + b"etR"))) == ["w"]

    def test_more_tensors_than_a_judge_remembers_are_all_converted(self, converted: Convert) -> None:
        names = [f"layer.{number}" for number in range(3000)]
        found = converted(
            archive(mapping({name: tensor(storage(), [1], [1], at % 24) for at, name in enumerate(names)}))
        )
        assert sorted(found) == sorted(names)
        assert all(found[name].data == floats(at % 24) for at, name in enumerate(names))

    def test_tied_weights_have_their_own_bytes_each_and_it_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "a.pt").write_bytes(
            archive(mapping({"a": tensor(storage(), [4], [1]), "b": tensor(storage(), [4], [1])}))
        )
        done = convert(Target(tmp_path, "a.pt", "m/a.pt"))
        assert done == Converted(
            "m/a.pt", "m/a.safetensors", 2, 32, ("1 share numbers with another and have their own now",)
        )
        assert {one.data for one in read(tmp_path / "a.safetensors").values()} == {floats(0, 1, 2, 3)}

    def test_the_widest_numbers_come_first_so_that_all_are_aligned(self, converted: Convert) -> None:
        kinds = {"a": ("ByteStorage", 1), "b": ("DoubleStorage", 8), "c": ("HalfStorage", 2)}
        body = mapping({name: tensor(storage(name, kind, 3), [3], [1]) for name, (kind, _) in kinds.items()})
        assert list(converted(archive(body, {name: bytes(3 * width) for name, (_, width) in kinds.items()}))) == [
            "b",
            "c",
            "a",
        ]


class TestLegacyTorch:
    def test_storages_follow_in_the_order_of_their_list(self, converted: Convert) -> None:
        views = {key: storage(key, count=2, view=b"N") for key in ("7", "3")}
        body = mapping({name: tensor(views[key], [2], [1]) for name, key in (("a", "7"), ("b", "3"))})
        found = converted(legacy(body, {"3": floats(3, 4), "7": floats(1, 2)}))
        assert found == {"a": Read("F32", (2,), floats(1, 2)), "b": Read("F32", (2,), floats(3, 4))}

    def test_big_endian_numbers_are_refused(self, refused: Refuse) -> None:
        body = mapping({"a": tensor(storage(count=2, view=b"N"), [2], [1])})
        assert "big-endian" in refused(legacy(body, {"0": floats(1, 2)}, little=False))

    def test_a_view_of_the_oldest_kind_is_refused(self, refused: Refuse) -> None:
        view = b"(" + text("1") + b"K\0K\2t"
        body = mapping({"a": tensor(storage(count=2, view=view), [2], [1])})
        assert "no numbers of its own" in refused(legacy(body, {"0": floats(1, 2)}))


class TestWhatIsNoWeights:
    def test_an_epoch_beside_the_tensors_is_named(self, refused: Refuse) -> None:
        said = refused(archive(mapping({"w": tensor(storage(), [1], [1]), "epoch": b"K\3"})))
        assert said == "it holds 'epoch', which is no tensor: save the state dict alone"

    @pytest.mark.parametrize("value", [b"]", b")", b"N", b"K\1", text("x")])
    def test_plain_data_is_no_tensor(self, refused: Refuse, value: bytes) -> None:
        assert "not tensors by name" in refused(archive(value, {}))

    def test_no_tensor_at_all_is_said(self, refused: Refuse) -> None:
        assert refused(archive(b"}", {})) == "it holds no tensor"

    def test_keys_must_be_text(self, refused: Refuse) -> None:
        assert "no text: 5" in refused(archive(b"}K\5" + tensor(storage(), [1], [1]) + b"s"))

    def test_two_tensors_of_one_name_are_refused(self, refused: Refuse) -> None:
        one = tensor(storage(), [1], [1])
        assert "'a.b'" in refused(archive(mapping({"a": mapping({"b": one}), "a.b": one})))

    @pytest.mark.parametrize("name", ["__metadata__", "\udc80", "x" * 5000])
    def test_names_that_no_header_can_hold_are_refused(self, refused: Refuse, name: str) -> None:
        assert "name" in refused(archive(mapping({name: tensor(storage(), [1], [1])}))) or name == "__metadata__"

    @pytest.mark.parametrize("kind", ["ComplexFloatStorage", "QInt8Storage"])
    def test_complex_and_quantised_numbers_are_refused(self, refused: Refuse, kind: str) -> None:
        size = 8 if kind.startswith("C") else 1
        assert kind in refused(archive(mapping({"w": tensor(storage("0", kind, 3), [3], [1])}), {"0": bytes(3 * size)}))

    def test_a_sparse_tensor_is_refused(self, refused: Refuse) -> None:
        sparse = b"ctorch._utils\n_rebuild_sparse_tensor\n(K\0(tt" + b"R"
        assert "_rebuild_sparse_tensor" in refused(archive(mapping({"w": sparse}), {}))

    def test_a_negative_view_is_refused(self, refused: Refuse) -> None:
        negative = b"}" + text("neg") + b"\x88s"
        body = mapping({"w": tensor(storage(), [2], [1], more=negative)})
        assert "changes numbers" in refused(archive(body))

    def test_a_tensor_on_the_meta_device_has_no_numbers(self, refused: Refuse) -> None:
        body = mapping({"w": tensor(storage(device="meta"), [2], [1])})
        assert "no numbers" in refused(archive(body, {}))

    def test_big_endian_archives_are_refused(self, refused: Refuse) -> None:
        assert "big-endian" in refused(archive(weights(w=[2]), order="big"))

    @pytest.mark.parametrize(
        ("shape", "strides", "offset"),
        [([25], [1], 0), ([2], [24], 0), ([1], [1], 24), ([-1], [1], 0), ([2], [-1], 3), ([2], [], 0)],
    )
    def test_a_tensor_beyond_its_storage_is_refused(
        self, refused: Refuse, shape: Sequence[int], strides: Sequence[int], offset: int
    ) -> None:
        assert "'w'" in refused(archive(mapping({"w": tensor(storage(), shape, strides, offset)})))

    def test_views_that_would_swell_beyond_reason_are_refused(self, refused: Refuse) -> None:
        body = mapping({"w": tensor(storage(), [1 << 40], [0])})
        assert "would take" in refused(archive(body))

    def test_dicts_that_share_each_other_are_not_walked_for_ever(self, refused: Refuse) -> None:
        body = tensor(storage(), [1], [1]) + b"q\0"
        for level in range(1, 20):
            inner = b"h" + bytes([level - 1])
            body += b"0}(" + text("a") + inner + text("b") + inner + b"uq" + bytes([level])
        assert refused(archive(body))

    def test_an_unsafe_file_is_refused_again_in_the_worker(self, refused: Refuse) -> None:
        assert "dangerous" in refused(archive(mapping({"w": b"cos\nsystem\n" + b"(" + text("true") + b"tR"}), {}))

    @pytest.mark.parametrize("data", [b"", b"GGUF", b"words\n"])
    def test_other_formats_are_refused(self, refused: Refuse, data: bytes) -> None:
        assert refused(data, "a.bin")


class TestPublishing:
    def test_a_file_that_is_there_stays(self, tmp_path: Path) -> None:
        (tmp_path / "a.pt").write_bytes(archive(weights(w=[2])))
        (tmp_path / "a.safetensors").write_bytes(b"mine")
        with pytest.raises(AccordError) as caught:
            convert(Target(tmp_path, "a.pt", "a.pt"))
        assert caught.value.code == "ACC-E814"
        assert (tmp_path / "a.safetensors").read_bytes() == b"mine"

    def test_a_dangling_link_is_there_too(self, tmp_path: Path) -> None:
        (tmp_path / "a.pt").write_bytes(archive(weights(w=[2])))
        (tmp_path / "a.safetensors").symlink_to("elsewhere")
        with pytest.raises(AccordError):
            convert(Target(tmp_path, "a.pt", "a.pt"))
        assert not (tmp_path / "elsewhere").exists()

    def test_who_may_not_read_the_old_file_may_not_read_the_new_one(self, tmp_path: Path) -> None:
        (tmp_path / "a.pt").write_bytes(archive(weights(w=[2])))
        (tmp_path / "a.pt").chmod(0o640)
        convert(Target(tmp_path, "a.pt", "a.pt"))
        assert (tmp_path / "a.safetensors").stat().st_mode & 0o777 == 0o640

    def test_the_result_is_rated_safe(self, converted: Convert, rated: Rate, tmp_path: Path) -> None:
        converted(archive(weights(w=[2], **{"ü.weight": [3]})))
        found = rated("again.safetensors", (tmp_path / "model.safetensors").read_bytes())
        assert (found.rating, found.format) == (Rating.SAFE, "safetensors")

    def test_one_wrong_byte_is_found_by_the_proof(self, refused: Refuse, monkeypatch: pytest.MonkeyPatch) -> None:
        write = conversion._write

        def spoil(*given: object) -> dict[str, object]:
            said = write(*given)  # type: ignore[arg-type]  # passed on as they came
            new = given[1]
            assert isinstance(new, io.BufferedRandom)
            new.seek(-1, os.SEEK_END)
            new.write(b"\x55")
            new.flush()
            return said

        monkeypatch.setattr(conversion, "_write", spoil)
        assert "other values" in refused(archive(weights(w=[24])), code="ACC-E816")

    def test_a_source_that_changes_on_the_way_is_refused(
        self, refused: Refuse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        prove = conversion._prove

        def touch(*given: object) -> dict[str, object]:
            os.utime(tmp_path / "model.pt", ns=(1, 1))
            return prove(*given)  # type: ignore[arg-type]  # passed on as they came

        monkeypatch.setattr(conversion, "_prove", touch)
        assert "changed" in refused(archive(weights(w=[24])), code="ACC-E816")

    @pytest.mark.parametrize(
        ("raised", "code"), [(MemoryError, "ACC-E815"), (OSError, "ACC-E815"), (SystemExit, "ACC-E815")]
    )
    def test_whatever_ends_the_worker_leaves_nothing(
        self, refused: Refuse, monkeypatch: pytest.MonkeyPatch, raised: type[BaseException], code: str
    ) -> None:
        def fail(*_given: object) -> dict[str, object]:
            raise raised

        monkeypatch.setattr(conversion, "_write", fail)
        refused(archive(weights(w=[2])), code=code)

    @pytest.mark.parametrize(
        ("old", "new"),
        [("m/a.pt", "m/a"), ("pytorch_model.bin", "pytorch_model"), ("v1.2", "v1.2"), ("weights", "weights"),
         (".pt", ".pt"), ("a.tar.gz", "a.tar"), ("x.y/z", "x.y/z")],
    )  # fmt: skip
    def test_only_an_ending_makes_way(self, old: str, new: str) -> None:
        assert renamed(old) == new + ".safetensors"


def fixed(*paths: Path) -> Fixes:
    return fix(files(paths, workers=1), paths)


class TestFix:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        folder = tmp_path / "models"
        (folder / "sub").mkdir(parents=True)
        (folder / "sub" / "good.pt").write_bytes(archive(weights(w=[2])))
        (folder / "bad.pkl").write_bytes(b"cos\nsystem\n.")
        (folder / "README.md").write_text("words\n")
        return folder

    def test_a_folder_is_converted_where_it_can_be(self, folder: Path) -> None:
        done = fixed(folder)
        assert [(one.path, one.to) for one in done.fixed] == [("models/sub/good.pt", "models/sub/good.safetensors")]
        assert [(one.path, one.code) for one in done.not_fixed] == [("models/bad.pkl", "ACC-E813")]
        assert "dangerous" in done.not_fixed[0].reason

    def test_a_second_time_says_that_it_is_there(self, folder: Path) -> None:
        fixed(folder)
        done = fixed(folder)
        assert done.fixed == ()
        assert "ACC-E814" in {one.code for one in done.not_fixed}

    def test_files_named_themselves_are_never_passed_over(self, folder: Path) -> None:
        assert [one.path for one in fixed(folder / "README.md").not_fixed] == ["README.md"]
        assert fixed(folder / "README.md").not_fixed[0].reason.startswith("a file of the format other")

    def test_links_are_not_converted(self, folder: Path) -> None:
        (folder / "link.pt").symlink_to("sub/good.pt")
        (folder / "sub" / "good.pt").rename(folder / "sub" / "real.pt")
        (folder / "link.pt").unlink()
        (folder / "link.pt").symlink_to("sub/real.pt")
        assert [one.reason for one in fixed(folder / "link.pt").not_fixed] == [
            "it is a link: name the file that it leads to"
        ]
        assert not (folder / "link.safetensors").exists()

    def test_two_files_that_are_shown_alike_are_told_apart(self, tmp_path: Path) -> None:
        for name, data in (("one", archive(weights(w=[2]))), ("two", b"cos\nsystem\n.")):
            (tmp_path / name).mkdir()
            (tmp_path / name / "a.pt").write_bytes(data)
        done = fixed(tmp_path / "one" / "a.pt", tmp_path / "two" / "a.pt")
        assert (len(done.fixed), len(done.not_fixed)) == (1, 1)
        assert (tmp_path / "one" / "a.safetensors").exists()

    def test_the_lines_say_what_was_done(self, folder: Path) -> None:
        lines = list(fixed(folder).lines())
        converted = "converted models/sub/good.pt to models/sub/good.safetensors (1 tensors, 8 bytes; values equal)"
        assert lines == [
            converted,
            "not converted models/bad.pkl: it is rated dangerous, and only safe files are converted",
        ]
        assert list(Fixes().lines()) == ["nothing to convert: no pickle or array was looked at"]

    def test_the_object_is_plain_json(self, folder: Path) -> None:
        said = json.loads(json.dumps(fixed(folder).as_object()))
        assert said["fixed"][0]["tensors"] == 1
        assert set(said["not_fixed"][0]) == {"path", "reason", "code"}
