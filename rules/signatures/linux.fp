; Linux, and what is made of it: Android, ChromeOS, routers and devices. The syntax is p0f's, with floor65535 and ";@" lines:
; man syncopate-signatures. Labels name no more than their sources tell apart; where two systems send the same SYN, both.
;@ matching=syncopate

classes = win,unix,other

[tcp:request]

; Since commit a337531b942b (4.20, and 4.19.86 of the stable series) the first window is floor65535, whatever the MSS: so
; containers, VPNs and tunnels need no lines of their own. ChromeOS and WSL send what their kernel sends.

label = s:unix:Linux:4.19 and newer (loopback)
sig   = 4:64:0:65495:65495,*:mss,sok,ts,nop,ws:df,id+:0
;@ source="measured: Linux 6.18.44, MTU 65536" date=2026-11
sig   = 6:64:0:65476:65476,*:mss,sok,ts,nop,ws::0
;@ source="measured: Linux 6.18.44, MTU 65536" date=2026-11

label = s:unix:Linux:3.6 to 4.18 (loopback)
sig   = 4:64:0:65495:43690,*:mss,sok,ts,nop,ws:df,id+:0
;@ source="arithmetic: half of the default tcp_rmem of those kernels, 87380" date=2026-11 note="not measured"

label = s:unix:Linux:2.6 to 3.5 (loopback)
sig   = 4:64:0:16396:mss*2,*:mss,sok,ts,nop,ws:df,id+:0
;@ source="Linux 2.6: loopback MTU of 16436, half of tcp_rmem in whole segments" date=2026-11 note="not measured"

label = s:unix:Linux:4.19 and newer
sig   = *:64:0:*:floor65535,7:mss,sok,ts,nop,ws:df,id+:0
;@ source="measured: Linux 6.18.44 between namespaces, MTU 1280 to 9000, IPv4 and IPv6; Satori tcp.xml: Debian 12, Ubuntu 20 and 22" date=2026-11

; The scale is the logarithm of the larger of tcp_rmem[2] and rmem_max, less 15 (tcp_select_initial_window()).

label = s:unix:Linux:4.19 and newer, tcp_rmem above 6 MiB
sig   = *:64:0:*:floor65535,8:mss,sok,ts,nop,ws:df,id+:0
;@ source="measured: Linux 6.18.44, tcp_rmem 8 MiB" date=2026-11
sig   = *:64:0:*:floor65535,9:mss,sok,ts,nop,ws:df,id+:0
;@ source="measured: Linux 6.18.44, tcp_rmem 16 MiB" date=2026-11
sig   = *:64:0:*:floor65535,10:mss,sok,ts,nop,ws:df,id+:0
;@ source="measured: Linux 6.18.44, tcp_rmem 32 MiB" date=2026-11
sig   = *:64:0:*:floor65535,11:mss,sok,ts,nop,ws:df,id+:0
;@ source="the law of the lines above: tcp_rmem 64 MiB" date=2026-11 note="not measured"
sig   = *:64:0:*:floor65535,12:mss,sok,ts,nop,ws:df,id+:0
;@ source="the law of the lines above: tcp_rmem 128 MiB" date=2026-11 note="not measured"
sig   = *:64:0:*:floor65535,13:mss,sok,ts,nop,ws:df,id+:0
;@ source="the law of the lines above: tcp_rmem 256 MiB" date=2026-11 note="not measured"
sig   = *:64:0:*:floor65535,14:mss,sok,ts,nop,ws:df,id+:0
;@ source="the law of the lines above: tcp_rmem 512 MiB" date=2026-11 note="not measured"

label = s:unix:Linux:4.19 and newer, small tcp_rmem or a receive buffer set before connect
sig   = *:64:0:*:floor65535,1:mss,sok,ts,nop,ws:df,id+:0
;@ source="measured: Linux 6.18.44, SO_RCVBUF 64 kB" date=2026-11
sig   = *:64:0:*:floor65535,2:mss,sok,ts,nop,ws:df,id+:0
;@ source="the same law: tcp_rmem 128 kB" date=2026-11 note="not measured"
sig   = *:64:0:*:floor65535,3:mss,sok,ts,nop,ws:df,id+:0
;@ source="the same law: tcp_rmem 256 kB" date=2026-11 note="not measured"
sig   = *:64:0:*:floor65535,4:mss,sok,ts,nop,ws:df,id+:0
;@ source="the same law: tcp_rmem 512 kB" date=2026-11 note="not measured"
sig   = *:64:0:*:floor65535,5:mss,sok,ts,nop,ws:df,id+:0
;@ source="the same law: tcp_rmem 1 MiB" date=2026-11 note="not measured"
sig   = *:64:0:*:floor65535,6:mss,sok,ts,nop,ws:df,id+:0
;@ source="the same law: tcp_rmem 2 MiB" date=2026-11 note="not measured"

label = s:unix:Linux:with a receive buffer set before connect
sig   = *:64:0:*:mss*1,0:mss,sok,ts,nop,ws:df,id+:0
;@ source="measured: Linux 6.18.44, SO_RCVBUF 2 kB" date=2026-11
sig   = *:64:0:*:mss*5,0:mss,sok,ts,nop,ws:df,id+:0
;@ source="measured: Linux 6.18.44, SO_RCVBUF 8 kB" date=2026-11
sig   = *:64:0:*:65535,3:mss,sok,ts,nop,ws:df,id+:0
;@ source="measured: Linux 6.18.44, SO_RCVBUF 256 kB" date=2026-11

; Measured with SO_RCVBUF of 4 MiB, and listed for Android 7 and 8.

label = g:unix:Linux:with a large receive buffer, or Android 7 or 8
sig   = *:64:0:*:65535,7:mss,sok,ts,nop,ws:df,id+:0
;@ source="measured: Linux 6.18.44, SO_RCVBUF 4 MiB; Satori tcp.xml, Android 7.0 and 8.1" date=2026-11

; Options that sysctl turned off.

label = s:unix:Linux:4.19 and newer, timestamps off
sig   = *:64:0:*:floor65535,*:mss,nop,nop,sok,nop,ws:df,id+:0
;@ source="measured: Linux 6.18.44, tcp_timestamps=0" date=2026-11
sig   = *:64:0:*:floor65535,0:mss,nop,nop,sok:df,id+:0
;@ source="Linux tcp_output.c tcp_options_write(): order of the options that are left" date=2026-11 note="window scaling off, too; not measured"
sig   = *:64:0:*:floor65535,*:mss,nop,ws:df,id+:0
;@ source="Linux tcp_output.c tcp_options_write(): order of the options that are left" date=2026-11 note="SACK off, too; not measured"

label = s:unix:Linux:4.19 and newer, SACK off
sig   = *:64:0:*:floor65535,*:mss,nop,nop,ts,nop,ws:df,id+:0
;@ source="measured: Linux 6.18.44, tcp_sack=0" date=2026-11
sig   = *:64:0:*:floor65535,0:mss,nop,nop,ts:df,id+:0
;@ source="Linux tcp_output.c tcp_options_write(): order of the options that are left" date=2026-11 note="window scaling off, too; not measured"

label = s:unix:Linux:4.19 and newer, window scaling off
sig   = *:64:0:*:floor65535,0:mss,sok,ts:df,id+:0
;@ source="measured: Linux 6.18.44, tcp_window_scaling=0" date=2026-11

label = g:unix:Linux:4.19 and newer, all options off
sig   = *:64:0:*:floor65535,0:mss:df,id+:0
;@ source="measured: Linux 6.18.44, three options off" date=2026-11 note="little to go by: generic"

; 44 * 1460 and 45 * 1440 are what 1500-octet links give; with another MSS somebody on the path wrote it.

label = g:unix:Linux:4.19 and newer, MSS changed on the path
sig   = 4:64:0:*:64240,7:mss,sok,ts,nop,ws:df,id+:0
;@ source="window of Linux 6.18.44 for MSS 1460, measured" date=2026-11 note="inferred: the MSS does not fit the window"
sig   = 6:64:0:*:64800,7:mss,sok,ts,nop,ws::0
;@ source="window of Linux 6.18.44 for MSS 1440, measured" date=2026-11 note="inferred: the MSS does not fit the window"

label = g:unix:Linux:MSS changed on the path
sig   = 4:64:0:*:64240,*:mss,sok,ts,nop,ws:df,id+:0
;@ source="the same window with another scale" date=2026-11 note="inferred"

; Before that the first window was 20 segments (2 * TCP_INIT_CWND), 10 from 2.6.39 on (TCP_DEFAULT_INIT_RCVWND), and 4
; before (RFC 3390).

label = s:unix:Linux:3.10 to 4.18
sig   = *:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0
;@ source="Satori tcp.xml: Linux 3.10, Ubuntu 18; nDPI: Linux 3.x, 4.x" date=2021-09
sig   = *:64:0:*:mss*20,9:mss,nop,nop,sok,nop,ws:df,id+:0
;@ source="Satori tcp.xml: CentOS 7.5" date=2018-11

label = g:unix:Linux:3.x or 4.x
sig   = *:64:0:*:mss*20,*:mss,sok,ts,nop,ws:df,id+:0
;@ source="nDPI: Sonos; Satori tcp.xml: Android 7.1" date=2024-10
sig   = *:64:0:*:mss*20,*:mss,nop,nop,sok,nop,ws:df,id+:0
;@ source="the same with timestamps off, as CentOS 7.5 above" date=2026-11
sig   = 4:64:0:*:29200,*:mss,sok,ts,nop,ws:df,id+:0
;@ source="nDPI: SUSE, MSS 1398" date=2024-10 note="20 * 1460: the MSS was changed on the path"

label = g:unix:Linux:2.6.39 to 3.x
sig   = *:64:0:*:mss*10,*:mss,sok,ts,nop,ws:df,id+:0
;@ source="nDPI: QNAP; Satori tcp.xml: Fire TV, Google Home, Android 4.1" date=2024-10
sig   = *:64:0:*:mss*10,*:mss,nop,nop,sok,nop,ws:df,id+:0
;@ source="the same with timestamps off" date=2026-11 note="not measured"

label = g:unix:Linux:2.4 or 2.6
sig   = *:64:0:*:mss*4,*:mss,sok,ts,nop,ws:df,id+:0
;@ source="Satori tcp.xml: Red Hat Enterprise Linux 3; RFC 3390 as Linux before 2.6.39 has it" date=2009-02
sig   = *:64:0:*:mss*4,*:mss,nop,nop,sok,nop,ws:df,id+:0
;@ source="the same with timestamps off" date=2026-11 note="not measured"

label = g:unix:Linux:as Ubuntu 24
sig   = *:64:0:*:mss*22,7:mss,sok,ts,nop,ws:df,id+:0
;@ source="Satori tcp.xml: Ubuntu 24" date=2024-07 note="one entry; stock kernels send floor65535"

; Android: vendors set tcp_rmem so that the window is 65535; so can anybody.

label = s:unix:Android:10 and newer, or a tuned Linux
sig   = *:64:0:*:65535,9:mss,sok,ts,nop,ws:df,id+:0
;@ source="Satori tcp.xml: Android 10; nDPI: Android" date=2024-10
sig   = *:64:0:*:65535,10:mss,sok,ts,nop,ws:df,id+:0
;@ source="nDPI: Android" date=2024-10

label = s:unix:Android:5 and newer, or a tuned Linux
sig   = *:64:0:*:65535,8:mss,sok,ts,nop,ws:df,id+:0
;@ source="Satori tcp.xml: Android 5.1, 8.0, 10; nDPI: Android, and its android.pcap" date=2024-10
sig   = *:64:0:*:65535,6:mss,sok,ts,nop,ws:df,id+:0
;@ source="Satori tcp.xml: Android 5.1, Fire TV, Echo Show" date=2020-12

label = s:unix:Android:10
sig   = *:64:0:*:65535,7:mss,nop,ws,sok,ts:df,id+:0
;@ source="Satori tcp.xml: Android 10" date=2020-05 note="one entry"

[tcp:response]

; Linux answers with IP ID 0 and with the options it was offered: eight layouts.

label = s:unix:Linux:4.19 and newer
sig   = *:64:0:*:floor65535,*:mss,sok,ts,nop,ws:df:0
;@ source="measured: Linux 6.18.44 between namespaces, MTU 1280 to 9000, IPv4 and IPv6" date=2026-11
sig   = *:64:0:*:floor65535,*:mss,nop,nop,sok,nop,ws:df:0
;@ source="measured: Linux 6.18.44, a client that offered no more" date=2026-11
sig   = *:64:0:*:floor65535,*:mss,nop,nop,ts,nop,ws:df:0
;@ source="measured: Linux 6.18.44, a client that offered no more" date=2026-11
sig   = *:64:0:*:floor65535,*:mss,nop,ws:df:0
;@ source="measured: Linux 6.18.44, a client that offered no more" date=2026-11
sig   = *:64:0:*:floor65535,0:mss,sok,ts:df:0
;@ source="measured: Linux 6.18.44, a client that offered no more" date=2026-11
sig   = *:64:0:*:floor65535,0:mss,nop,nop,ts:df:0
;@ source="measured: Linux 6.18.44, a client that offered no more" date=2026-11
sig   = *:64:0:*:floor65535,0:mss,nop,nop,sok:df:0
;@ source="measured: Linux 6.18.44, a client that offered no more" date=2026-11
sig   = *:64:0:*:floor65535,0:mss:df:0
;@ source="measured: Linux 6.18.44, a client that offered no more" date=2026-11

label = g:unix:Linux:3.x or 4.x
sig   = *:64:0:*:mss*20,*:mss,sok,ts,nop,ws:df:0
;@ source="Satori tcp.xml: Linux 3.10 (28960)" date=2013-05
sig   = *:64:0:*:mss*20,*:mss,nop,nop,sok,nop,ws:df:0
;@ source="window of 20 segments as in its SYN; layouts as Linux 6.18.44 answers" date=2026-11 note="not measured"
sig   = *:64:0:*:mss*20,*:mss,nop,nop,ts,nop,ws:df:0
;@ source="window of 20 segments as in its SYN; layouts as Linux 6.18.44 answers" date=2026-11 note="not measured"
sig   = *:64:0:*:mss*20,*:mss,nop,ws:df:0
;@ source="window of 20 segments as in its SYN; layouts as Linux 6.18.44 answers" date=2026-11 note="not measured"
sig   = *:64:0:*:mss*20,0:mss,sok,ts:df:0
;@ source="window of 20 segments as in its SYN; layouts as Linux 6.18.44 answers" date=2026-11 note="not measured"
sig   = *:64:0:*:mss*20,0:mss,nop,nop,ts:df:0
;@ source="window of 20 segments as in its SYN; layouts as Linux 6.18.44 answers" date=2026-11 note="not measured"
sig   = *:64:0:*:mss*20,0:mss,nop,nop,sok:df:0
;@ source="window of 20 segments as in its SYN; layouts as Linux 6.18.44 answers" date=2026-11 note="not measured"
sig   = *:64:0:*:mss*20,0:mss:df:0
;@ source="window of 20 segments as in its SYN; layouts as Linux 6.18.44 answers" date=2026-11 note="not measured"

label = g:unix:Linux:2.6.39 to 3.x
sig   = *:64:0:*:mss*10,*:mss,sok,ts,nop,ws:df:0
;@ source="Satori tcp.xml: Linux 3.5, Fire TV (14480)" date=2020-12
sig   = *:64:0:*:mss*10,*:mss,nop,nop,sok,nop,ws:df:0
;@ source="Satori tcp.xml: Linux 3.10 (14600)" date=2013-05
sig   = *:64:0:*:mss*10,*:mss,nop,nop,ts,nop,ws:df:0
;@ source="Satori tcp.xml: Fire TV (14480)" date=2020-12
sig   = *:64:0:*:mss*10,*:mss,nop,ws:df:0
;@ source="window of 10 segments as in its SYN; layouts as Linux 6.18.44 answers" date=2026-11 note="not measured"
sig   = *:64:0:*:mss*10,0:mss,sok,ts:df:0
;@ source="Satori tcp.xml: Fire TV (14480)" date=2020-12
sig   = *:64:0:*:mss*10,0:mss,nop,nop,ts:df:0
;@ source="window of 10 segments as in its SYN; layouts as Linux 6.18.44 answers" date=2026-11 note="not measured"
sig   = *:64:0:*:mss*10,0:mss,nop,nop,sok:df:0
;@ source="window of 10 segments as in its SYN; layouts as Linux 6.18.44 answers" date=2026-11 note="not measured"
sig   = *:64:0:*:mss*10,0:mss:df:0
;@ source="window of 10 segments as in its SYN; layouts as Linux 6.18.44 answers" date=2026-11 note="not measured"

label = g:unix:Linux:2.4 or 2.6
sig   = *:64:0:*:mss*4,*:mss,sok,ts,nop,ws:df:0
;@ source="window of 4 segments as in its SYN; layouts as Linux 6.18.44 answers" date=2026-11 note="not measured"
sig   = *:64:0:*:mss*4,*:mss,nop,nop,sok,nop,ws:df:0
;@ source="window of 4 segments as in its SYN; layouts as Linux 6.18.44 answers" date=2026-11 note="not measured"
sig   = *:64:0:*:mss*4,*:mss,nop,nop,ts,nop,ws:df:0
;@ source="window of 4 segments as in its SYN; layouts as Linux 6.18.44 answers" date=2026-11 note="not measured"
sig   = *:64:0:*:mss*4,*:mss,nop,ws:df:0
;@ source="window of 4 segments as in its SYN; layouts as Linux 6.18.44 answers" date=2026-11 note="not measured"
sig   = *:64:0:*:mss*4,0:mss,sok,ts:df:0
;@ source="window of 4 segments as in its SYN; layouts as Linux 6.18.44 answers" date=2026-11 note="not measured"
sig   = *:64:0:*:mss*4,0:mss,nop,nop,ts:df:0
;@ source="window of 4 segments as in its SYN; layouts as Linux 6.18.44 answers" date=2026-11 note="not measured"
sig   = *:64:0:*:mss*4,0:mss,nop,nop,sok:df:0
;@ source="Satori tcp.xml: Red Hat Enterprise Linux 3" date=2009-02
sig   = *:64:0:*:mss*4,0:mss:df:0
;@ source="window of 4 segments as in its SYN; layouts as Linux 6.18.44 answers" date=2026-11 note="not measured"
