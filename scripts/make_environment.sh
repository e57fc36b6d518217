#!/bin/sh
# Make a virtual environment and install the project into it, at the versions of constraints.txt.
# Usage: make_environment.sh PYTHON FOLDER WHAT   (WHAT: "." or ".[dev]")
set -eu
python=$1 folder=$2 what=$3

if [ -z "$python" ]; then
    echo "Python 3.11 or newer is needed and was not found: on Debian, apt-get install python3" >&2
    exit 1
fi
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Python 3.11 or newer is needed; $python is $("$python" --version)" >&2
    exit 1
}
# Debian keeps the part of Python that makes environments in a package of its own.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
    else
        echo "Python's venv module is missing: apt-get install python3-venv" >&2
        exit 1
    fi
fi
[ -x "$folder/bin/python" ] || "$python" -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check \
    --constraint constraints.txt --editable "$what"
