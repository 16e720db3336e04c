# Read by the recipe's tables with `.`: figures out of the files that hold them. A figure that is
# missing, or that is not a number of its kind, ends the script with one line that names the file.
# shellcheck shell=sh

# awk and printf read and write a decimal point, whatever the user's locale is.
export LC_ALL=C

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# need FILE...: each of the files is there and has something in it.
need() {
    for file; do
        [ -s "$file" ] || fail "$file: missing or empty"
    done
}

# figures FILE KIND KEY...: the number in the second column of the line of each key, one per line.
# KIND: share (a number from 0 to 1) or count (an integer). A file of several reports, one after the
# other, has several such lines for each key, and TIMES says how many (default 1).
figures() {
    file=$1
    kind=$2
    shift 2
    for key; do
        awk -F '\t' -v key="$key" -v kind="$kind" -v times="${TIMES:-1}" '
            function good(s) {
                if (kind == "count") return s ~ /^[0-9]+$/
                return s ~ /^[0-9]+(\.[0-9]+)?(e-[0-9]+)?$/ && s + 0 <= 1
            }
            $1 == key { n++; bad = bad || !good($2); print $2 }
            END { exit bad || n != times }' "$file" || fail "$file: no measurement of '$key'"
    done
}

# seconds FILE...: the number in each file, which is all that the file has, one per line.
seconds() {
    for file; do
        awk '!/^[0-9]+(\.[0-9]+)?$/ { bad = 1 }
            { print }
            END { exit bad || NR != 1 }' "$file" 2>/dev/null || fail "$file: no number of seconds"
    done
}

# mean_and_sd ONE MORE: the mean of shares (standard input, one per line) in percent, by the format
# ONE, and, if there are several of them, their standard deviation as well, by the format MORE. Only
# what is exactly 0 % or 100 % is printed as such: other means get as many decimals as they need.
mean_and_sd() {
    awk -v one="$1" -v more="$2" '
        { x = 100 * $1; sum += x; squares += x * x; n++ }
        END {
            if (!n) exit 1
            mean = sum / n
            format = n > 1 ? more : one
            match(format, /\.[0-9]/)
            places = substr(format, RSTART + 1, 1)
            while (places < 9 && ((mean < 100 && sprintf("%." places "f", mean) + 0 == 100) ||
                (mean > 0 && sprintf("%." places "f", mean) + 0 == 0))) places++
            sub(/\.[0-9]/, "." places, format)
            variance = n > 1 ? (squares - n * mean * mean) / (n - 1) : 0
            printf(format, mean, variance > 0 ? sqrt(variance) : 0)
        }'
}

# average PLACES: the mean of numbers (standard input, one per line).
average() {
    awk -v places="$1" '{ sum += $1 } END { if (!NR) exit 1; printf("%." places "f", sum / NR) }'
}
