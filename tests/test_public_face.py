import ast
import subprocess
import sys
from pathlib import Path

import pytest

import seawall


@pytest.mark.parametrize("name", seawall.__all__)
def test_every_public_name_is_there_and_is_what_type_checkers_see(name: str) -> None:
    tree = ast.parse(Path(seawall.__file__).read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    [home] = [node.module for node in imports if name in {alias.name for alias in node.names}]
    assert home is not None
    __import__(home)
    assert getattr(seawall, name) is getattr(sys.modules[home], name)


def test_the_package_offers_what_it_lists_and_nothing_else() -> None:
    assert set(seawall.__all__) <= set(dir(seawall))
    with pytest.raises(AttributeError, match="has no attribute 'Marked'"):
        seawall.Marked  # noqa: B018 - the lookup is what is tested


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, seawall; print([name for name in ('trio', 'httpx', 'msgspec', 'attrs') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"
