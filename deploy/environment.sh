#!/bin/sh
# Install what is pinned into an environment beside the one in use, and switch to it once it works:
# deploy/environment.sh PYTHON     (`make setup` runs this)
#
# .venv is a link to .venvs/NAME, named by the digest of what is pinned. The one before stays: a checkout that goes back has
# it at once, and processes that run from it go on.
set -eu
cd "$(dirname "$0")/.."
python=$1
wanted=requirements.lock
new=.venvs/$(cat "$wanted" | sha256sum | cut -c1-12)

not_usable() {
    rm -rf "$new"
    echo "What is pinned in $wanted can't be used ($1): .venv is as it was" >&2
    exit 1
}

if [ ! -e "$new/whole" ]; then
    echo "Installing into $new, once: about a minute …"
    rm -rf "$new"
    "$python" -m venv "$new" || not_usable "no environment by $python"
    "$new/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$wanted" ||
        not_usable "not to be installed"
    "$new/bin/python" -m pip check --disable-pip-version-check >/dev/null || not_usable "packages that do not fit"
    "$new/bin/python" manage.py check >/dev/null || not_usable "Mindsite does not start with it"
    touch "$new/whole"
fi
touch "$new/installed"

before=$(readlink .venv || true)
if [ -d .venv ] && [ ! -L .venv ]; then # of an older version: a folder in that place
    rm -rf .venvs/before
    mv .venv .venvs/before
    before=.venvs/before
fi
ln -sfn "$new" .venvs/link
mv -T .venvs/link .venv
for each in .venvs/*; do
    [ "$each" = "$new" ] || [ "$each" = "$before" ] || rm -rf "$each"
done
