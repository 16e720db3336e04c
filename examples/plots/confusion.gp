# A confusion matrix as a map: a row a true class, a column what it was taken for.
#
#     gnuplot -c confusion.gp DATA OUT
#
# DATA  what evalacc --confusion writes, with or without --report
# OUT   a file that ends in .png or .svg
#
# A cell is the darker, the larger its share of the images of its row; its number is their count.

if (ARGC != 2) { print "usage: gnuplot -c confusion.gp DATA OUT"; exit status 2 }
data = ARG1
out = ARG2
load ARG0[:strlen(ARG0) - strlen("confusion.gp")] . "style.gp"

# Where the matrix begins, and the names of its rows, which are those of its columns.
line = 0
head = 0
said = ""
# gnuplot may take the backslash of the first word for its own.
begins(key) = key eq "true\\predicted" || key eq "truepredicted"
look(key, value) = (line = line + 1, head = begins(key) ? line : head, \
    said = key eq "accuracy" ? (number(value) ? percent(100 * value, 1) . " % of " : "") : \
        key eq "examples" ? said . value . " are right" : said, 0)
names = ""
add_name(s) = (names = names . s . "\t", 0)
set table $nothing
plot data using (look(strcol(1), strcol(2))) with table
if (head) { plot data skip head using (add_name(strcol(1))) with table }
unset table
n = fields(names)
if (n == 0) { print data . ": no confusion matrix: evalacc --confusion writes one"; exit status 1 }

# Every cell is a count, and there are as many columns as rows.
set table $nothing
plot data skip head using (next_row(0) + (sum [k = 2:n + 1] tally(k)) + \
    (valid(n + 2) ? note(n + 2, "class") : 0)) with table
unset table
if (wrong ne "") { print data . ": confusion matrix: " . wrong; exit status 1 }

# The cells as a table: column, row, count. The sum of a row is that of its cells.
array total[n]
do for [i = 1:n] { total[i] = 0 }
set table $cells
plot for [k = 1:n] data skip head using (k):($0 + 1):(column(k + 1)) with table
unset table
do for [i = 1:n] {
    sum = 0
    set table $nothing
    plot $cells using (sum = sum + (int($2) == i ? $3 : 0), 0) with table
    unset table
    total[i] = sum
}
share(row, count) = total[int(row)] > 0 ? count / total[int(row)] : 0

# White to a dark blue. The root makes a mistake in a hundred show beside the diagonal.
mix(from, to, x) = int(from + (to - from) * x + 0.5)
shade(x) = 65536 * mix(255, 0, x) + 256 * mix(255, 72, x) + mix(255, 122, x)
paper(row, count) = shade(sqrt(share(row, count)))
letters(row, count) = count == 0 ? 0x767676 : sqrt(share(row, count)) > 0.6 ? 0xffffff : ink

set title said offset 0, -0.4
set xlabel "what the model says"
set ylabel "true class"
set border 0
unset grid
set tics scale 0
set xrange [0.5:n + 0.5]
set yrange [n + 0.5:0.5]
set xtics rotate by 35 right ("" 1)
if (n <= 5) { set xtics norotate center }
set ytics ("" 1)
do for [i = 1:n] {
    set xtics add (field(names, i) i)
    set ytics add (field(names, i) i)
}
small = text - (n > 20 ? 4 : n > 12 ? 2 : 0)

eval draw(800, 640)
plot $cells using 1:2:(0.48):(0.48):(paper($2, $3)) \
         with boxxyerror fillstyle solid noborder fillcolor rgb variable notitle, \
     $cells using 1:2:(sprintf("%d", $3)):(letters($2, $3)) \
         with labels font sprintf(",%d", small) textcolor rgb variable notitle
