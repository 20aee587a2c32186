#!/bin/sh
# The shared library exports names that start with tq_ and are not internal (tq_noun__verb), and at least one.
#
#     check_symbols.sh <libtensorquant.so>
exported=$(nm -D --defined-only "$1" | awk '{ print $NF }') || exit 2
echo "$exported" | grep -q '^tq_version$' || { echo "tq_version is not exported"; exit 1; }
wrong=$(echo "$exported" | grep -v '^tq_[a-z0-9]*\(_[a-z0-9]\+\)*$')
[ -z "$wrong" ] && exit 0
echo "exported, but not public names:" $wrong
exit 1
