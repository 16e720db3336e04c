# Loss and accuracy by epoch, of up to seven trainings side by side.
#
#     gnuplot -c curves.gp OUT LOG ...
#
# OUT  a file that ends in .png or .svg
# LOG  what rottrain --log wrote; its name without .log is that of the curve
#
# Lines are of the training itself, dashes of the validation data where there are any.

if (ARGC < 2) { print "usage: gnuplot -c curves.gp OUT LOG ..."; exit status 2 }
# gnuplot takes no more than nine arguments and says nothing of others.
if (ARGC > 8) { print "curves.gp: more than seven logs"; exit status 2 }
out = ARG1
load ARG0[:strlen(ARG0) - strlen("curves.gp")] . "style.gp"

# A table by another program is no log; one without an epoch has no curve.
all = ""
validated = ""
epochs = 0
validation(s) = s eq "-" ? 0 : (valued = 1, cell(4) + cell(5))
do for [i = 2:ARGC] {
    head = ""
    seen = 0
    valued = 0
    set table $nothing
    plot ARGV[i] every ::0::0 using (head = strcol(1) . strcol(2) . strcol(3), 0) with table
    if (head ne "epochlossaccuracy") { print ARGV[i] . ": no log of rottrain"; exit status 1 }
    row = 1
    plot ARGV[i] every ::1 using (seen = seen + 1, next_row(0) + cell(1) + cell(2) + cell(3) + \
        validation(strcol(4))) with table
    unset table
    if (wrong ne "") { print ARGV[i] . ": " . wrong; exit status 1 }
    if (seen == 0) { print ARGV[i] . ": no epochs"; exit status 1 }
    if (seen > epochs) { epochs = seen }
    all = all . sprintf("%d ", i)
    if (valued) { validated = validated . sprintf("%d ", i) }
}

# A panel: that column of every log, and where there are validation data the one two further on.
look = " linecolor rgb hue_of(i - 1) pointtype marker_of(i - 1) pointsize size linewidth 1.8"
lines(list, factor, column) = sprintf("for [i in \"%s\"] ARGV[int(i)] every ::1 using 1:(%g * $%d)", \
    list, factor, column) . look
curves(factor, column) = "plot " . lines(all, factor, column) . (validated eq "" ? "" \
    : ", " . lines(validated, factor, column + 2) . " dashtype (6, 4)")

set xlabel validated eq "" ? "epoch" : "epoch (dashes: validation data)" offset 0, 0.4
set xrange [epochs > 1 ? 1 : 0 : epochs > 1 ? epochs : 2]
set mxtics 1
set xtics epochs > 5 ? 5 : 1 # whole epochs
set xtics add ("1" 1)
set key off
set style data linespoints
panel(left, right) = sprintf("set lmargin at screen %g; set rmargin at screen %g", left, right)
size = epochs > 12 ? 0.5 : 0.9

eval draw(800, 430)
set multiplot
set tmargin at screen 0.91
set bmargin at screen 0.25
eval panel(0.065, 0.48)
set title "loss" offset 0, -0.4
set yrange [0:*]
eval curves(1, 2)
eval panel(0.565, 0.98)
set title "accuracy, %"
set yrange [*:*]
eval curves(100, 3)

# One legend below both.
eval panel(0.02, 0.98)
set tmargin at screen 0.15
set bmargin at screen 0.01
unset title
unset border
unset tics
unset xlabel
unset grid
set xrange [0:1]
set yrange [0:1]
set key on inside center center horizontal Left reverse samplen 3 spacing 1.2 width 2
plot NaN notitle, \
     for [i = 2:ARGC] keyentry with linespoints linecolor rgb hue_of(i - 1) \
         pointtype marker_of(i - 1) pointsize 0.9 linewidth 1.8 title run(ARGV[i])
unset multiplot
