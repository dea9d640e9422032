# Copyright: (c) 2026, qualytics.athena contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# Start the tools with any Python from 3.11 on; with which Python the environment is made is theirs to choose.
# A name on PATH may be a shim that does not run, so each candidate is tried, the installed versions beside a shim too.

cd "$(dirname "$0")/.." || exit 1
unset PYTHONDONTWRITEBYTECODE PYTHONHOME PYTHONPATH

runs() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

if [ -n "${PYTHON:-}" ]; then
    runs "$PYTHON" && exec "$PYTHON" -m tools "$@"
    echo "PYTHON=$PYTHON does not run, or is older than Python 3.11" >&2
    exit 1
fi
IFS=:
for directory in $PATH ${PYENV_ROOT:+"$PYENV_ROOT/shims"} ${HOME:+"$HOME/.pyenv/shims"}; do
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        runs "$directory/$name" && exec "$directory/$name" -m tools "$@"
    done
    case $directory in
        */shims)
            for python in "${directory%/shims}"/versions/*/bin/python3; do
                runs "$python" && exec "$python" -m tools "$@"
            done
            ;;
    esac
done
echo "no Python 3.11 or later runs here; install one, or say make PYTHON=/path/to/python ..." >&2
exit 1
