"""Check what a wheel holds: all of the package with py.typed and the licence, and nothing else."""

import sys
import zipfile

names = zipfile.ZipFile(sys.argv[1]).namelist()
strangers = [name for name in names if not name.startswith(("dualdiff/", "dualdiff_ad-"))]
assert not strangers, f"the wheel holds {strangers}"
for wanted in ("dualdiff/py.typed", "dualdiff/__init__.py", "dualdiff/__main__.py"):
    assert wanted in names, f"the wheel lacks {wanted}"
assert any(name.endswith("/LICENSE") for name in names), "the wheel lacks the licence"
assert not [name for name in names if "test" in name or name.endswith(".pyc")], "the wheel holds tests"
print(f"{len(names)} files, py.typed and the licence among them")
