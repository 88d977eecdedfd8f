# How cost grows with the work: gnuplot -e "data='growth.txt'; out='performance.svg'" growth.gp
# data: lines of run.sh growth.
set terminal svg size 900,320 font "sans,11"
set output out
set multiplot layout 1,2
set grid
set key top left
set yrange [0:*]
set xlabel "messages in the queue"
set ylabel "CPU ms per message"
set y2label "memory, MB"
set y2tics
set ytics nomirror
set y2range [0:*]
set logscale x
plot "< grep '^messages ' ".data using 2:4 with linespoints title "CPU", \
	"< grep '^messages ' ".data using 2:5 axes x1y2 with linespoints title "memory"
set xlabel "sessions at a time"
plot "< grep '^sessions ' ".data using 2:4 with linespoints title "CPU", \
	"< grep '^sessions ' ".data using 2:5 axes x1y2 with linespoints title "memory"
unset multiplot
