#!/bin/sh
# Stands in for cargo in tests of toolchains that are broken in some way, which
# $FAKE names. A build that succeeds leaves a program that does nothing.
if [ "$1" = --version ]; then
    [ "$FAKE" != broken ]
    exit
fi
echo "build" >>"$FAKE_LOG"
program="$CARGO_TARGET_DIR/release/graph"
case "$FAKE" in
old)
    echo "error: rustc 1.70.0 is not supported by the following packages:" >&2
    exit 101
    ;;
damaged)
    mkdir -p "$CARGO_TARGET_DIR/release"
    echo "this is no program" >"$program"
    ;;
good)
    mkdir -p "$CARGO_TARGET_DIR/release"
    cp /bin/true "$program"
    cp /bin/true "$CARGO_TARGET_DIR/release/standalone"
    ;;
esac
