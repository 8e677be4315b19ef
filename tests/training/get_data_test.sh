#!/bin/sh
# Tests scripts/get-data without a network: sources are folders named by file:// addresses. Usage: get_data_test.sh SCRIPT
set -eu
script=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failures=0

check() {
  description=$1
  shift
  if "$@"; then
    echo "ok: $description"
  else
    echo "FAILED: $description"
    failures=$((failures + 1))
  fi
}
# run STATUS ARGUMENTS...: the script's exit status must be STATUS; its output goes to $tmp/output.
run() {
  wanted=$1
  shift
  got=0
  "$script" "$@" >"$tmp/output" 2>&1 || got=$?
  [ "$got" -eq "$wanted" ] || {
    cat "$tmp/output"
    echo "exit status $got instead of $wanted"
    return 1
  }
}
says() { grep -q -e "$1" "$tmp/output" || { cat "$tmp/output"; return 1; }; }
empty() { [ -z "$(find "$1" -mindepth 1)" ]; }

check "help is printed" run 0 --help
check "help names the sets" says "cifar10"
check "no name is refused" run 1
check "an unknown name is refused" run 1 imagenet --to "$tmp/a"
check "an unknown name is answered with the known ones" says "known are mnist and cifar10"
check "an unknown option is refused" run 1 --where x mnist
check "an option without its value is refused" run 1 mnist --to
check "svhn is refused" run 1 svhn --to "$tmp/a"
check "svhn is refused with the reason" says "MATLAB"
check "refusals make no folder" test ! -e "$tmp/a"

mkdir "$tmp/fake"
for file in train-images-idx3-ubyte.gz train-labels-idx1-ubyte.gz t10k-images-idx3-ubyte.gz t10k-labels-idx1-ubyte.gz \
  cifar-10-binary.tar.gz; do
  echo "not the official file" >"$tmp/fake/$file"
done
for set in mnist cifar10; do
  check "$set with a wrong checksum is refused" run 1 "$set" --to "$tmp/wrong" --from "file://$tmp/fake"
  check "$set with a wrong checksum says so" says "is not the official file"
  check "$set with a wrong checksum leaves nothing behind" empty "$tmp/wrong"
  check "$set from nowhere is refused" run 1 "$set" --to "$tmp/nowhere" --from "file://$tmp/absent"
  check "$set from nowhere says what failed" says "could not fetch"
  check "$set from nowhere leaves nothing behind" empty "$tmp/nowhere"
done

mkdir -p "$tmp/kept/mnist"
echo "older" >"$tmp/kept/mnist/train-images-idx3-ubyte.gz"
check "a bad download is refused over an older file" run 1 mnist --to "$tmp/kept" --from "file://$tmp/fake"
check "the older file stays as it was" grep -q older "$tmp/kept/mnist/train-images-idx3-ubyte.gz"

# The good path of CIFAR-10 needs an archive with the official checksum: a tiny one, and an md5sum that vouches for it.
mkdir -p "$tmp/good/cifar-10-batches-bin" "$tmp/bin"
for file in data_batch_1.bin data_batch_2.bin data_batch_3.bin data_batch_4.bin data_batch_5.bin test_batch.bin \
  batches.meta.txt; do
  echo "$file" >"$tmp/good/cifar-10-batches-bin/$file"
done
tar -czf "$tmp/good/cifar-10-binary.tar.gz" -C "$tmp/good" cifar-10-batches-bin
printf '#!/bin/sh\ncat >/dev/null\necho "c32a1d4ab5d03f1284b67883e8d87530  -"\n' >"$tmp/bin/md5sum"
chmod +x "$tmp/bin/md5sum"
own_path=$PATH
PATH=$tmp/bin:$PATH
check "an archive with the right checksum is unpacked" run 0 cifar10 --to "$tmp/full" --from "file://$tmp/good/"
check "its files stand where they are looked for" grep -q data_batch_5.bin "$tmp/full/cifar10/data_batch_5.bin"
check "no work folder is left" test -z "$(find "$tmp/full" -name '.partial*')"
check "what is there is not fetched again" run 0 cifar10 --to "$tmp/full" --from "file://$tmp/absent"
PATH=$own_path

# XDG_DATA_HOME and HOME give the folder where Crossloom looks.
check "without --to the user's data folder is used" env XDG_DATA_HOME="$tmp/xdg" HOME="$tmp/home" \
  sh -c '"$1" mnist --from "file://$2/fake" >/dev/null 2>&1; test -d "$2/xdg/crossloom"' - "$script" "$tmp"
check "without XDG_DATA_HOME it is below HOME" env -u XDG_DATA_HOME HOME="$tmp/home" \
  sh -c '"$1" mnist --from "file://$2/fake" >/dev/null 2>&1; test -d "$2/home/.local/share/crossloom"' - \
  "$script" "$tmp"

if [ -f "${CROSSLOOM_DATA:-}/mnist/train-images-idx3-ubyte.gz" ]; then
  check "the official MNIST passes" run 0 mnist --to "$tmp/real" --from "file://$CROSSLOOM_DATA/mnist"
  check "the official MNIST is copied byte by byte" cmp "$CROSSLOOM_DATA/mnist/t10k-images-idx3-ubyte.gz" \
    "$tmp/real/mnist/t10k-images-idx3-ubyte.gz"
fi

[ "$failures" -eq 0 ] || {
  echo "$failures checks failed"
  exit 1
}
