#!/bin/sh
# Compile the trees' kernels, ml_census/engine/runtime/libkernel.so, unless the file is newer than the sources.
# By the compiler that CC names, or cc; without one by zig, a compiler that pip installs (for this once).
set -eu
cd "$(dirname "$0")"
folder=ml_census/engine/runtime
target=$folder/libkernel.so

[ ! -e "$target" ] || [ -n "$(find $folder/*.[ch] -newer "$target")" ] || exit 0
if ! command -v "${CC:-cc}" >/dev/null; then
  zig=$(mktemp -d)
  trap 'rm -rf "$zig"' EXIT
  "${PYTHON:-python3}" -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-cache-dir --require-hashes --no-deps \
    --target "$zig" -r requirements-build.lock
  export PYTHONPATH="$zig" ZIG_GLOBAL_CACHE_DIR="$zig/cache"
  CC="${PYTHON:-python3} -m ziglang cc -mcpu=baseline"
fi
# for any processor of its kind; strict C arithmetic, since sums must be scikit-learn's to the last bit
${CC:-cc} -std=c11 -O3 -Wall -Wextra -Werror -ffp-contract=off -fPIC -shared -o "$target.new" $folder/*.c -lm
mv "$target.new" "$target"
