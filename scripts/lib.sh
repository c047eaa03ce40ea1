# Shared by the scripts beside it; not to be run by itself.
# Everything works from any folder and from a clean clone; nothing outside the clone is touched but Debian packages.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
die() { echo "$(basename "$0"): $*" >&2; exit 1; }

# One build at a time in one folder: two scripts started together wait for each other instead of fighting over it.
build_preset() {  # preset target...
  local preset=$1; shift
  mkdir -p "build/$preset"
  (
    flock 9
    cmake --preset "$preset" >"build/$preset/configure.log" 2>&1 || { cat "build/$preset/configure.log" >&2; exit 1; }
    cmake --build "build/$preset" ${1:+--target "$@"}
  ) 9>"build/$preset/.lock"
}
