#!/usr/bin/env bats
# .ci/release with a stand-in for cargo that notes what it is told and puts a program of ours where the build would. SCRIPT is
# another script to try.

setup() {
  clone=$BATS_TEST_TMPDIR/clone
  export NOTES=$BATS_TEST_TMPDIR/notes BUILT=$BATS_TEST_TMPDIR/built
  mkdir -p "$clone/.ci" "$BATS_TEST_TMPDIR/bin"
  cp "${SCRIPT:-$BATS_TEST_DIRNAME/../../.ci/release}" "$clone/.ci/release"
  printf '#!/bin/sh\necho "host: riscv64gc-unknown-linux-gnu"\n' > "$BATS_TEST_TMPDIR/bin/rustc"
  cat > "$BATS_TEST_TMPDIR/bin/cargo" << 'CARGO'
#!/usr/bin/env bash
printf '%s\n' "$*" >> "$NOTES"
[ "$1" = build ] || exit 0
printf '%s\n' "$CARGO_ENCODED_RUSTFLAGS" >> "$NOTES"
target=$(sed -n 's/.*--target \([^ ]*\).*/\1/p' <<< "$*")
mkdir -p "target/dist/$target/release"
cp "$BUILT" "target/dist/$target/release/taskgate"
CARGO
  # What ldd says of it is all that is asked.
  # shellcheck disable=SC2016
  printf '#!/bin/sh\necho "${LINKED:-statically linked}"\n' > "$BATS_TEST_TMPDIR/bin/ldd"
  chmod +x "$BATS_TEST_TMPDIR"/bin/*
  export PATH=$BATS_TEST_TMPDIR/bin:$PATH
  echo "a program" > "$BUILT"
}

@test "a plain build says where it is, how large, and its sum" {
  run "$clone/.ci/release"
  [ "$status" = 0 ]
  [ "$output" = "target/dist/release/taskgate: 10 bytes, $(sha256sum < "$BUILT" | cut -d' ' -f1)" ]
  grep -q -- '^build --release --locked --target-dir target/dist$' "$NOTES"
  grep -q -- "--remap-path-prefix=$clone=/taskgate" "$NOTES"
}

@test "a static build needs nothing of the machine, and is of a named target" {
  run "$clone/.ci/release" --static
  [ "$status" = 0 ]
  grep -q '^target/dist/riscv64gc-unknown-linux-gnu/release/taskgate: ' <<< "$output"
  grep -q -- '^build .*--target riscv64gc-unknown-linux-gnu$' "$NOTES"
  grep -q -- '-Ctarget-feature=+crt-static' "$NOTES"
}

@test "a static build that is not static is none" {
  LINKED='libc.so.6 => /lib/libc.so.6' run "$clone/.ci/release" --static
  [ "$status" = 1 ]
  grep -q 'is not static' <<< "$output"
  LINKED='libc.so.6 => /lib/libc.so.6' "$clone/.ci/release"
}

@test "a build that holds a path of the machine is none" {
  echo "a program at $clone/src/main.rs" > "$BUILT"
  run "$clone/.ci/release"
  [ "$status" = 1 ]
  grep -q 'holds paths of this machine' <<< "$output"
  grep -q "$clone/src/main.rs" <<< "$output"
}
