from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import accord.scan
from accord.scan.effects import effects

TABLE = yaml.safe_load((Path(accord.scan.__file__).parent.parent / "data/scan/source_effects.yaml").read_text("utf-8"))


def called(name: str) -> str:
    """Return source that imports what a key of the table names and calls it, or what is below it."""
    full = f"{name}thing" if name.endswith(".") else name
    top, _, rest = full.partition(".")
    return f"import {top}\n{full}('x')\n" if rest else f"{full}('x')\n"


@pytest.mark.parametrize("name", TABLE["effects"])
def test_every_call_of_the_table_is_seen_when_a_module_is_imported(name: str) -> None:
    found, problem = effects(called(name))
    assert problem is None
    assert [one.line for one in found], name
    assert {one.when for one in found} == {"when it is imported"}


@pytest.mark.parametrize("name", TABLE["entries"])
def test_every_method_that_frameworks_call_is_entered(name: str) -> None:
    found, _ = effects(f"import os\nclass Net:\n    def {name}(self, *given):\n        os.system('true')\n")
    assert [(one.name, one.when) for one in found] == [("os.system", f"in {name}()")]


@pytest.mark.parametrize("place", TABLE["places"])
def test_every_place_of_keys_and_start_up_files_is_seen(place: str) -> None:
    found, _ = effects(f"open('/home/x/{place}', 'a').write('x')\n")
    assert found


@pytest.mark.parametrize("trick", TABLE["tricks"])
def test_every_way_into_the_interpreter_is_seen(trick: str) -> None:
    assert effects(f"x = (1).{trick}\n")[0]


@pytest.mark.parametrize(
    "code",
    [
        "import os\nx = [os.system('true') for _ in range(1)]\n",
        "import os\nx = {**{'a': os.system('true')}}\n",
        "import os\nx: int = os.system('true')\n",
        "import os\nassert os.system('true') == 0\n",
        "import os\nwith os.popen('true') as f:\n    pass\n",
        "import os\ntry:\n    pass\nfinally:\n    os.system('true')\n",
        "import os\nif (n := os.system('true')):\n    pass\n",
        "import os\nclass A(metaclass=type):\n    x = os.system('true')\n",
        "import os\nclass A:\n    class B:\n        x = os.system('true')\n",
        "import os\nf = lambda: os.system('true')\nf()\n",
        "import os\ndef deco(g):\n    os.system('true')\n    return g\n@deco\ndef h():\n    pass\n",
        "import os\ndef a():\n    b()\ndef b():\n    c()\ndef c():\n    os.system('true')\na()\n",
        "import os\nmap(os.system, ['true'])\nos.system('true')\n",
        "async def f():\n    pass\nimport os\nmatch os.system('true'):\n    case _:\n        pass\n",
    ],
)
def test_no_form_of_statement_hides_a_call(code: str) -> None:
    assert effects(code)[0]
