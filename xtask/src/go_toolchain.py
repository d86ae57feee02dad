"""Gets a Go toolchain as the module golang.org/toolchain, checks it as go.sum would, and unpacks it.

Arguments: the proxy, the version, the wanted h1 sum, the folder that shall hold `bin/go`.
"""

import base64
import hashlib
import os
import shutil
import sys
import tempfile
import urllib.request
import zipfile

proxy, version, wanted, folder = sys.argv[1:]
prefix = f"golang.org/toolchain@{version}/"
with tempfile.TemporaryFile() as file:
    url = f"{proxy.rstrip('/')}/golang.org/toolchain/@v/{version}.zip"
    with urllib.request.urlopen(url, timeout=60) as answer:
        shutil.copyfileobj(answer, file)
    with zipfile.ZipFile(file) as archive:
        # "Hash1" of golang.org/x/mod/sumdb/dirhash: the sum of a list of sums in the order of names.
        names = sorted(archive.namelist())
        lines = "".join(f"{hashlib.sha256(archive.read(name)).hexdigest()}  {name}\n" for name in names)
        found = "h1:" + base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()
        if found != wanted:
            sys.exit(f"{url} has the sum {found} instead of {wanted}")
        for name in names:
            inside = name.removeprefix(prefix)
            target = os.path.join(folder, inside)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with archive.open(name) as source, open(target, "wb") as out:
                shutil.copyfileobj(source, out)
            # A module holds no permissions.
            if inside.startswith(("bin/", "pkg/tool/")):
                os.chmod(target, 0o755)
