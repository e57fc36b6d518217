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

install() {
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
}

# On Linux the usual index has PyTorch with CUDA, several GB that do nothing without an NVIDIA GPU.
# So its build for CPUs is taken first where it is to be had: from where pip was told to look, or,
# where it was told nothing, from PyTorch's own index. No other package comes from there.
take_torch_for_cpus() {
    torch=$(sed -n 's/^\(torch==[0-9.]*\)$/\1+cpu/p' constraints.txt)
    install --no-deps "$torch" 2>/dev/null && return
    if ! "$folder/bin/python" -m pip config list | grep -Eq 'index|find-links'; then
        install --no-deps --retries 1 --timeout 20 \
            --index-url https://download.pytorch.org/whl/cpu "$torch" 2>/dev/null && return
    fi
    echo "no build of PyTorch for CPUs was found; the usual one may bring several GB of CUDA" >&2
}

echo "making $folder and fetching what is needed: a minute or more" >&2
if [ "$(uname -s)" = Linux ] && ! command -v nvidia-smi >/dev/null; then
    take_torch_for_cpus
fi
install --constraint constraints.txt --editable "$what"
