# Shared by the tests of the programs that draw: `load pictures` after `load lib`.
# shellcheck shell=bash

# A PNG as text: width, height, then the samples, a row a line.
png_text() {
    pngtopnm -plain "$1" 2>/dev/null | awk '
        NR == 1 { c = $1 == "P3" ? 3 : 1; bits = $1 == "P1"; next }
        { for (i = 1; i <= NF; i++) v[n++] = $i }
        END {
            w = v[0]; print w, v[1]
            for (i = bits ? 2 : 3; i < n; i++) {
                line = line (line == "" ? "" : " ") (bits ? (1 - v[i]) * 255 : v[i])
                if ((i - (bits ? 2 : 3)) % (w * c) == w * c - 1) { print line; line = "" }
            }
        }'
}

need_netpbm() {
    command -v pngtopnm >/dev/null || skip "no netpbm"
}

# links FILE NAME...: hard links to the file, in thousands.
links() {
    python3 -c 'import os, sys
for name in sys.argv[2:]:
    os.link(sys.argv[1], name)' "$@"
}

# pixels FILE: a line for every pixel of a PNG, `x y r g b`, or `x y grey`.
pixels() {
    png_text "$1" | awk '
        NR == 1 { w = $1; next }
        { c = NF / w
          for (x = 0; x < w; x++) {
              printf "%d %d", x, NR - 2
              for (k = 1; k <= c; k++) printf " %d", $(x * c + k)
              print "" } }'
}
