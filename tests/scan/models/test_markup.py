from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan.look import Look
from accord.scan.models.markup import read
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Rated, Rating

Rate = Callable[..., Rated]
PMML = '<PMML version="4.4" xmlns="http://www.dmg.org/PMML-4_4"><Header copyright="x"/>{}</PMML>'
LOL = '<!DOCTYPE PMML [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY c "&b;&b;">]>'


@pytest.mark.parametrize(
    "text",
    [
        PMML.format(""),
        '<?xml version="1.0"?>\n<!-- a <net> in a comment -->\n' + PMML.format('<Extension name="k" value="v"/>'),
        PMML.format('<Apply function="uppercase"><FieldRef field="a"/></Apply>'),
    ],
)
def test_a_plain_pmml_model_is_safe(rated: Rate, text: str) -> None:
    found = rated("m.pmml", text.encode())
    assert (found.rating, found.format) == (Rating.SAFE, "pmml")


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE PMML [<!ENTITY x SYSTEM "http://127.0.0.1/e">]>' + PMML.format("&x;"),
        '<!DOCTYPE PMML [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + PMML.format(""),
        '<!DOCTYPE PMML [<!ENTITY % p SYSTEM "http://127.0.0.1/e.dtd"> %p;]>' + PMML.format(""),
        '<!DOCTYPE PMML SYSTEM "http://127.0.0.1/e.dtd">' + PMML.format(""),
        LOL + PMML.format("&c;"),
        '<!DOCTYPE PMML [<!ENTITY a "ha">]>' + PMML.format("&a;"),
        PMML.format('<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>'),
        '<?xml-stylesheet href="http://127.0.0.1/x.xsl"?>' + PMML.format(""),
        PMML.format('<Apply function="java.lang.Runtime.exec"/>'),
        PMML.format("<script>x</script>"),
        PMML.format('<Extension name="a" value="javascript:alert(1)"/>'),
    ],
)
def test_pmml_that_opens_expands_or_runs_is_dangerous(rated: Rate, text: str) -> None:
    for encoding in ("utf-8", "utf-16"):
        assert rated("m.pmml", text.encode(encoding)).rating is Rating.DANGEROUS, encoding


@pytest.mark.parametrize(
    "text", [PMML.format("<a>"), PMML.format("</PMML><x/>"), PMML.format("&undefined;"), PMML.format("<a>" * 600)]
)
def test_pmml_that_is_not_well_formed_is_malformed(rated: Rate, text: str) -> None:
    assert rated("m.pmml", text.encode()).rating is Rating.MALFORMED


def test_a_class_of_the_reader_is_unknown(rated: Rate) -> None:
    assert rated("m.pmml", PMML.format('<Apply function="com.acme.udf.Clean"/>').encode()).rating is Rating.UNKNOWN


@pytest.mark.parametrize(
    ("text", "rating"),
    [
        ('<!DOCTYPE html><html><body onload="x()"/></html>', Rating.SAFE),
        (
            '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://x.example/p.dtd"><plist><dict/></plist>',
            Rating.SAFE,
        ),
        ('<!DOCTYPE svg [<!ENTITY ns "http://x.example/">]><svg xmlns="&ns;"/>', Rating.SAFE),
        ('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>', Rating.DANGEROUS),
        ('<!DOCTYPE r [<!ENTITY a "1"><!ENTITY b "&a;&a;">]><r>&b;</r>', Rating.DANGEROUS),
        ("<r><unclosed></r>", Rating.SAFE),
        ("<<<<", Rating.SAFE),
    ],
)
def test_other_xml_is_judged_by_its_entities_alone(rated: Rate, text: str, rating: Rating) -> None:
    assert rated("x.xml", text.encode()).rating is rating


def layer(kind: str, version: str | None = "opset1", more: str = "") -> str:
    said = "" if version is None else f' version="{version}"'
    inner = f'<layer id="0" name="x" type="{kind}"{said}>{more}</layer>'
    return f'<?xml version="1.0"?>\n<net name="m" version="11"><layers>{inner}</layers></net>'


@pytest.mark.parametrize(
    ("text", "rating"),
    [
        (layer("Convolution"), Rating.SAFE),
        (layer("Const", more='<data element_type="f32" offset="0" size="16" shape="4"/>'), Rating.SAFE),
        (
            layer(
                "TensorIterator",
                more="<body><layers><layer id='1' name='y' type='ReLU' version='opset1'/></layers></body>",
            ),
            Rating.SAFE,
        ),
        (layer("Evil", "extension"), Rating.DANGEROUS),
        (layer("Convolution", "custom"), Rating.DANGEROUS),
        (
            layer(
                "TensorIterator",
                more="<body><layers><layer id='1' name='y' type='E' version='extension'/></layers></body>",
            ),
            Rating.DANGEROUS,
        ),
        (layer("Convolution", more='<data library="/tmp/x.so"/>'), Rating.DANGEROUS),
        (layer("NewThing"), Rating.UNKNOWN),
        (layer("Convolution", None), Rating.UNKNOWN),
        (
            '<!DOCTYPE net [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + layer("Relu").partition("\n")[2],
            Rating.DANGEROUS,
        ),
        (layer("Convolution")[:-6], Rating.MALFORMED),
    ],
)
def test_the_layers_of_openvino_are_those_of_its_standard_sets(rated: Rate, text: str, rating: Rating) -> None:
    found = rated("m.xml", text.encode())
    assert (found.rating, found.format) == (rating, "openvino")


def test_weights_that_a_network_beside_describes_are_known(rated: Rate) -> None:
    numbers = b"\x9a\x99\x99\x3e\x01\x02" * 40
    assert rated("m.bin", numbers).rating is Rating.UNKNOWN
    rated("m.xml", layer("Relu").encode())
    found = rated("m.bin", numbers)
    assert (found.rating, found.format) == (Rating.SAFE, "openvino-weights")


@given(
    st.text(alphabet='<>!?&;/="[]- aPMLnetDOCTYENI%\n', max_size=300),
    st.sampled_from(["", "<PMML ", "<net>", "<!DOCTYPE PMML ["]),
)
def test_no_text_breaks_the_reading_of_markup(text: str, start: str) -> None:
    part = Part((start + text).encode(), name="x.xml")
    try:
        list(read(part, Look(lambda _part, _look: iter(()))))
    except BrokenError:
        return
