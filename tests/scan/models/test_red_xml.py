"""XML models that an attacker would write, and their honest twins."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accord.scan.rating import Rated, Rating

Rate = Callable[..., Rated]
PMML = '<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4"><Header/><DataDictionary>{}</DataDictionary></PMML>'
NET = '<net name="m" version="11"><layers>{}</layers><edges/></net>'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
TYPES = {
    "file": '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    "address": '<!DOCTYPE r [<!ENTITY x SYSTEM "http://example.invalid/x">]>',
    "public": '<!DOCTYPE r [<!ENTITY x PUBLIC "-//A//B" "http://example.invalid/x">]>',
    "parameter": '<!DOCTYPE r [<!ENTITY % p SYSTEM "http://example.invalid/x.dtd"> %p;]>',
    "parameter within": "<!DOCTYPE r [<!ENTITY % a '<!ENTITY x SYSTEM \"file:///etc/passwd\">'> %a;]>",
    "laughs": f'<!DOCTYPE r [<!ENTITY l0 "ha">{LAUGHS}<!ENTITY x "&l9;">]>',
    "quadratic": f'<!DOCTYPE r [<!ENTITY x "{"a" * 60_000}">]>',
    "spread over lines": '<!DOCTYPE\n r\n[\n<!-- ] > -->\n<!ENTITY\n x\n SYSTEM\n "file:///etc/passwd"\n>\n]\n>',
    "behind an instruction": '<?a b?><!-- c --><!DOCTYPE r [<!ENTITY x SYSTEM "php://filter/x">]>',
    "unparsed": '<!DOCTYPE r [<!NOTATION n SYSTEM "x"><!ENTITY x SYSTEM "file:///etc/passwd" NDATA n>]>',
    "escaped": '<!DOCTYPE r [<!ENTITY x "&#38;#38;y;"><!ENTITY y "&x;&x;">]>',
}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "iso-8859-1")


def declared(encoding: str) -> str:
    return f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>\n'


@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_xml_that_opens_or_expands_is_dangerous_in_every_model(rated: Rate, kind: str, encoding: str) -> None:
    use = "" if "NDATA" in kind else "&x;"
    for root, name in (
        (PMML.format(use), "m.pmml"),
        (NET.format(use), "m.xml"),
        (f"<pmml:PMML xmlns:pmml='x'>{use}</pmml:PMML>", "m.xml"),
    ):
        found = rated(name, (declared(encoding) + kind + root).encode(encoding))
        assert found.rating is Rating.DANGEROUS
        assert "ACC220" in {one.finding.check for one in found.reasons}


@pytest.mark.parametrize("root", ["data", "config", "svg", "root", "score", "Workbook"])
def test_xml_of_no_model_that_opens_files_is_dangerous(rated: Rate, root: str) -> None:
    for kind in ("file", "address", "parameter", "laughs"):
        text = f"{declared('utf-8')}{TYPES[kind]}<{root}>&x;</{root}>"
        for name in ("config.xml", "model.pmml", "weights.bin", "x.svg"):
            assert rated(name, text.encode()).rating is Rating.DANGEROUS, (kind, name)


CALLS = (
    '<Apply function="java.lang.Runtime.exec"><Constant>x</Constant></Apply>',
    '<Apply function="javax.script.ScriptEngineManager.eval"/>',
    "<Extension><script>x</script></Extension>",
    '<Extension name="x" value="javascript:x()"/>',
    '<Extension extender="jar:http://example.invalid/x.jar!/"/>',
    '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>',
    '<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="http://example.invalid"/>',
)


@pytest.mark.parametrize("inner", CALLS)
def test_pmml_that_calls_or_includes_is_dangerous(rated: Rate, inner: str) -> None:
    for data in (PMML.format(inner), declared("utf-8") + PMML.format(f"<a><b>{inner}</b></a>")):
        assert rated("m.pmml", data.encode()).rating is Rating.DANGEROUS
        assert rated("m.bin", data.encode()).rating is Rating.DANGEROUS


def layer(kind: str, opset: str | None = "opset1", **more: str) -> str:
    given = "".join(f' {key}="{value}"' for key, value in more.items())
    version = f' version="{opset}"' if opset else ""
    return f'<layer id="0" name="n" type="{kind}"{version}><data{given}/></layer>'


EXTENSIONS = (
    layer("EvilOp", "extension"),
    layer("CustomAdd", "custom_opset"),
    layer("Template", "template"),
    layer("Const", "evil"),
    layer("ReLU", "opset1", library="./libevil.so"),
    layer("ReLU", "opset1", kernel="evil.cl"),
    layer("Const", "opset1", path="/tmp/libevil.so.1"),
    layer("Const", "opset1", source="C:\\evil.dll"),
    layer("Const", "opset1", extension="https://example.invalid/x"),
    '<custom_layer library="libevil.dylib"/>',
)


@pytest.mark.parametrize("inner", EXTENSIONS)
def test_a_network_with_layers_of_an_extension_is_dangerous(rated: Rate, inner: str) -> None:
    for text in (
        NET.format(inner),
        NET.format(layer("Parameter") + inner),
        NET.format(
            f"<layer id='1' name='l' type='Loop' version='opset5'><body><layers>{inner}</layers></body></layer>"
        ),
    ):
        found = rated("m.xml", text.encode())
        assert (found.rating, found.format) == (Rating.DANGEROUS, "openvino")


def test_plain_xml_models_are_safe(rated: Rate) -> None:
    for text in (
        NET.format(
            layer("Parameter", shape="1,3") + layer("Const", element_type="f32", offset="0", size="4") + layer("ReLU")
        ),
        PMML.format('<DataField name="a" optype="continuous" dataType="double"/>'),
        PMML.format('<DefineFunction name="f"><Apply function="+"><Constant>1</Constant></Apply></DefineFunction>'),
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"><svg/>',
        "<html><!DOCTYPE html><script>x</script></html>",
    ):
        assert rated("m.xml", text.encode()).rating is Rating.SAFE
    assert rated("m.xml", NET.format(layer("EvilOp", "opset1")).encode()).rating is Rating.UNKNOWN
