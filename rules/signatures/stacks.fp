; Operating systems by their SYN and SYN+ACK. Syntax: that of p0f 3, with two additions:
; the window word floor65535 (the largest multiple of the sender's segment size that is not above 65535; on a SYN+ACK
; with timestamps that size is MSS - 12) and the lines ";@ key=value" that say where the signature above them is from.
; In this file a flow label, ECN, Fast Open (34) and Multipath TCP (30) never spoil a match, nor does the missing DF
; and IP ID of IPv6; the version is compared.
; A label names no more than its sources tell apart: where two systems send the same SYN it names both.

classes = win,unix,other

[tcp:request]

; --- Linux. Since commit a337531b942b (4.20, and 4.19.86 of the stable series) the first window is floor65535.

label = s:unix:Linux:4.19 and newer (loopback)
sig   = 4:64:0:65495:65495,*:mss,sok,ts,nop,ws:df,id+:0
;@ source="measured: Linux 6.18.44, MTU 65536" date=2026-11
sig   = 6:64:0:65476:65476,*:mss,sok,ts,nop,ws::0
;@ source="measured: Linux 6.18.44, MTU 65536" date=2026-11

label = s:unix:Linux:4.19 and newer
sig   = *:64:0:*:floor65535,7:mss,sok,ts,nop,ws:df,id+:0
;@ source="measured: Linux 6.18.44 between namespaces, MTU 1280 to 9000, IPv4 and IPv6" date=2026-11

label = s:unix:Linux:4.19 and newer, tcp_rmem above 6 MiB
sig   = *:64:0:*:floor65535,8:mss,sok,ts,nop,ws:df,id+:0
;@ source="measured: Linux 6.18.44, tcp_rmem 8 MiB" date=2026-11
sig   = *:64:0:*:floor65535,9:mss,sok,ts,nop,ws:df,id+:0
;@ source="measured: Linux 6.18.44, tcp_rmem 16 MiB" date=2026-11
sig   = *:64:0:*:floor65535,10:mss,sok,ts,nop,ws:df,id+:0
;@ source="measured: Linux 6.18.44, tcp_rmem 32 MiB" date=2026-11

label = s:unix:Linux:4.19 and newer, timestamps off
sig   = *:64:0:*:floor65535,7:mss,nop,nop,sok,nop,ws:df,id+:0
;@ source="measured: Linux 6.18.44, tcp_timestamps=0" date=2026-11

label = s:unix:Linux:4.19 and newer, SACK off
sig   = *:64:0:*:floor65535,7:mss,nop,nop,ts,nop,ws:df,id+:0
;@ source="measured: Linux 6.18.44, tcp_sack=0" date=2026-11

label = s:unix:Linux:4.19 and newer, window scaling off
sig   = *:64:0:*:floor65535,0:mss,sok,ts:df,id+:0
;@ source="measured: Linux 6.18.44, tcp_window_scaling=0" date=2026-11

label = g:unix:Linux:4.19 and newer, all options off
sig   = *:64:0:*:floor65535,0:mss:df,id+:0
;@ source="measured: Linux 6.18.44, three options off" date=2026-11 note="little to go by: generic"

label = s:unix:Linux:with a receive buffer set before connect
sig   = *:64:0:*:mss*1,0:mss,sok,ts,nop,ws:df,id+:0
;@ source="measured: Linux 6.18.44, SO_RCVBUF 2 kB" date=2026-11
sig   = *:64:0:*:mss*5,0:mss,sok,ts,nop,ws:df,id+:0
;@ source="measured: Linux 6.18.44, SO_RCVBUF 8 kB" date=2026-11
sig   = *:64:0:*:floor65535,1:mss,sok,ts,nop,ws:df,id+:0
;@ source="measured: Linux 6.18.44, SO_RCVBUF 64 kB" date=2026-11
sig   = *:64:0:*:65535,3:mss,sok,ts,nop,ws:df,id+:0
;@ source="measured: Linux 6.18.44, SO_RCVBUF 256 kB" date=2026-11

; Measured with SO_RCVBUF of 4 MiB, and listed for Android 7 and 8.
label = g:unix:Linux:with a large receive buffer, or Android 7 or 8
sig   = *:64:0:*:65535,7:mss,sok,ts,nop,ws:df,id+:0
;@ source="measured: Linux 6.18.44, SO_RCVBUF 4 MiB; Satori tcp.xml, Android 7.0 and 8.1" date=2026-11

; 44 * 1460 and 45 * 1440 are what 1500-octet links give; with another MSS somebody on the path wrote it.
label = g:unix:Linux:4.19 and newer, MSS changed on the path
sig   = 4:64:0:*:64240,7:mss,sok,ts,nop,ws:df,id+:0
;@ source="window of Linux 6.18.44 for MSS 1460, measured" date=2026-11 note="inferred: the MSS does not fit the window"
sig   = 6:64:0:*:64800,7:mss,sok,ts,nop,ws::0
;@ source="window of Linux 6.18.44 for MSS 1440, measured" date=2026-11 note="inferred: the MSS does not fit the window"

label = s:unix:Linux:3.10 to 4.18
sig   = *:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0
;@ source="Satori tcp.xml: Linux 3.10, Ubuntu 18; nDPI: Linux 3.x, 4.x" date=2021-09
sig   = *:64:0:*:mss*20,9:mss,nop,nop,sok,nop,ws:df,id+:0
;@ source="Satori tcp.xml: CentOS 7.5" date=2018-11

label = g:unix:Linux:3.x or 4.x
sig   = *:64:0:*:mss*20,*:mss,sok,ts,nop,ws:df,id+:0
;@ source="nDPI: Sonos; JA4 mapping table: Nest; Satori tcp.xml: Android 7.1" date=2024-10
sig   = *:64:0:*:mss*10,*:mss,sok,ts,nop,ws:df,id+:0
;@ source="nDPI: QNAP; Satori tcp.xml: Fire TV, Google Home" date=2024-10

label = g:unix:Linux:as Ubuntu 24
sig   = *:64:0:*:mss*22,7:mss,sok,ts,nop,ws:df,id+:0
;@ source="Satori tcp.xml: Ubuntu 24" date=2024-07 note="one entry; stock kernels send floor65535"

; --- Android: a Linux whose vendors set tcp_rmem so that the window is 65535; so can anybody (JA4's table: Ubuntu 22.04).

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

; --- Windows. Its window is floor65535 too; 64240 stays when the MSS is changed on the path.

label = s:win:Windows:10 or newer
sig   = *:128:0:*:floor65535,8:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: Windows 10 1703 to 1909; nDPI and JA4 tables: Windows 10 and 11" date=2024-10
sig   = *:128:0:*:64240,8:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: Windows 10 1703 with MSS 1380; nDPI: MSS 1340, 1398" date=2024-10
sig   = *:128:0:*:65535,8:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: Windows 10 1703 to 1803" date=2021-11

label = s:win:Windows:10 or newer, timestamps on
sig   = *:128:0:*:floor65535,8:mss,nop,ws,sok,ts:df,id+:0
;@ source="Satori tcp.xml: Windows 10 1709 to 1909" date=2021-11
sig   = *:128:0:*:65160,8:mss,nop,ws,sok,ts:df,id+:0
;@ source="nDPI: Windows with timestamps" date=2026-09

label = s:win:Windows:10 1607
sig   = *:128:0:*:65535,3:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: Windows 10 1607" date=2021-09

label = s:win:Windows:7 to 10 1607, or Server 2008 R2 to 2016
sig   = *:128:0:*:8192,8:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: Windows 7, 8.1, 10 1607, Server 2008 R2" date=2021-09
sig   = *:128:0:*:8192,0:mss,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: Windows 7, 8.1, 10 1607, Server 2008 R2, 2012 R2, 2016" date=2021-11 note="window scaling off"

label = s:win:Windows:7
sig   = *:128:0:*:8192,2:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml and nDPI: Windows 7" date=2024-10

label = g:win:Windows:window scaling off
sig   = *:128:0:*:floor65535,0:mss,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: Windows 10 1909, and XP" date=2020-12

; --- Apple. Since 10.13 and iOS 12 the IP ID of a SYN is 0: `df` without `id+`.

label = s:unix:Mac OS X:10.14 and newer, or iOS
sig   = *:64:0:*:65535,6:mss,nop,ws,nop,nop,ts,sok,eol+1:df:0
;@ source="Satori tcp.xml: Mac OS X 10.14, 10.15; nDPI: macOS, iOS, and its iphone.pcap" date=2026-09 family=apple

label = s:unix:Mac OS X:10.13 and newer, or iOS or tvOS
sig   = *:64:0:*:65535,5:mss,nop,ws,nop,nop,ts,sok,eol+1:df:0
;@ source="Satori tcp.xml: Mac OS X 10.13, 10.14, iOS 13, tvOS 14.0; nDPI: Apple" date=2026-09 family=apple

label = s:unix:iOS:12 and newer
sig   = *:64:0:*:65535,7:mss,nop,ws,nop,nop,ts,sok,eol+1:df:0
;@ source="Satori tcp.xml: iOS 12, 13; nDPI's iphone.pcap" date=2021-09 family=apple
sig   = *:64:0:*:65535,3:mss,nop,ws,nop,nop,ts,sok,eol+1:df:0
;@ source="Satori tcp.xml: iOS 13" date=2021-09 family=apple

label = s:unix:Mac OS X:10.11
sig   = *:64:0:*:65535,5:mss,nop,ws,nop,nop,ts,sok,eol+1:df,id+:0
;@ source="Satori tcp.xml: Mac OS X 10.11" date=2021-11 family=apple

label = s:unix:Mac OS X:10.9 to 10.12, or tvOS 14.2
sig   = *:64:0:*:65535,4:mss,nop,ws,nop,nop,ts,sok,eol+1:df,id+:0
;@ source="Satori tcp.xml: Mac OS X 10.9, 10.10, 10.12, tvOS 14.2" date=2021-11 family=apple

; --- BSD

label = s:unix:FreeBSD:
sig   = *:64:0:*:65535,6:mss,nop,ws,sok,ts:df,id+:0
;@ source="nDPI: FreeBSD" date=2026-09 note="DF and IP ID are inferred there"

label = s:unix:FreeBSD:7.x
sig   = *:64:0:*:65535,3:mss,nop,ws,sok,ts:df,id+:0
;@ source="Satori tcp.xml: FreeBSD 7.0, 7.2" date=2009-09

label = s:unix:FreeBSD:6.x
sig   = *:64:0:*:65535,1:mss,nop,ws,nop,nop,ts,sok,eol+0:df,id+:0
;@ source="Satori tcp.xml: FreeBSD 6" date=2021-09

label = s:unix:OpenBSD:4.x
sig   = *:64:0:*:16384,0:mss,nop,nop,sok,nop,ws,nop,nop,ts:df,id+:0
;@ source="Satori tcp.xml: OpenBSD 4" date=2009-09

[tcp:response]

; --- Linux answers with IP ID 0 and with the options it was offered: eight layouts.

label = s:unix:Linux:4.19 and newer
sig   = *:64:0:*:floor65535,*:mss,sok,ts,nop,ws:df:0
;@ source="measured: Linux 6.18.44 between namespaces, MTU 1280 to 9000, IPv4 and IPv6" date=2026-11
sig   = *:64:0:*:floor65535,*:mss,nop,nop,sok,nop,ws:df:0
;@ source="measured: Linux 6.18.44" date=2026-11
sig   = *:64:0:*:floor65535,*:mss,nop,nop,ts,nop,ws:df:0
;@ source="measured: Linux 6.18.44" date=2026-11
sig   = *:64:0:*:floor65535,*:mss,nop,ws:df:0
;@ source="measured: Linux 6.18.44" date=2026-11
sig   = *:64:0:*:floor65535,0:mss,sok,ts:df:0
;@ source="measured: Linux 6.18.44" date=2026-11
sig   = *:64:0:*:floor65535,0:mss,nop,nop,ts:df:0
;@ source="measured: Linux 6.18.44" date=2026-11
sig   = *:64:0:*:floor65535,0:mss,nop,nop,sok:df:0
;@ source="measured: Linux 6.18.44" date=2026-11
sig   = *:64:0:*:floor65535,0:mss:df:0
;@ source="measured: Linux 6.18.44" date=2026-11

label = g:unix:Linux:3.x or 4.x
sig   = *:64:0:*:mss*20,*:mss,sok,ts,nop,ws:df:0
;@ source="Satori tcp.xml: Linux 3.10 (28960)" date=2013-05
sig   = *:64:0:*:mss*10,*:mss,sok,ts,nop,ws:df:0
;@ source="Satori tcp.xml: Linux 3.5, Fire TV (14480)" date=2020-12
sig   = *:64:0:*:mss*10,*:mss,nop,nop,sok,nop,ws:df:0
;@ source="Satori tcp.xml: Linux 3.10 (14600)" date=2013-05
sig   = *:64:0:*:mss*10,*:mss,nop,nop,ts,nop,ws:df:0
;@ source="Satori tcp.xml: Fire TV (14480)" date=2020-12
sig   = *:64:0:*:mss*10,0:mss,sok,ts:df:0
;@ source="Satori tcp.xml: Fire TV (14480)" date=2020-12

; --- Windows

label = s:win:Windows:10 or newer, or Server 2019 and newer
sig   = *:128:0:*:floor65535,8:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="JA4TScan: Windows 10" date=2024-08
sig   = *:128:0:*:64240,8:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: Server 2019 with MSS 1380" date=2020-05
sig   = *:128:0:*:65535,8:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: Windows 10 1703, 1709, Server 2019; JA4TScan: Microsoft's edge" date=2024-08
sig   = *:128:0:*:65535,8:mss,nop,ws:df,id+:0
;@ source="Satori tcp.xml: Windows 10 1703" date=2020-05

label = s:win:Windows:7 to 10 1703, or Server 2008 R2 to 2016
sig   = *:128:0:*:8192,8:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: Windows 7, Server 2012 R2, 2016" date=2020-05
sig   = *:128:0:*:8192,0:mss,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: Windows 7, Server 2008 R2, 2012 R2" date=2020-05
sig   = *:128:0:*:8192,8:mss,nop,ws,sok,ts:df,id+:0
;@ source="Satori tcp.xml: Server 2016" date=2020-05
sig   = *:128:0:*:8192,8:mss,nop,ws,nop,nop,ts:df,id+:0
;@ source="Satori tcp.xml: Windows 10 1607" date=2021-09
sig   = *:128:0:*:8192,0:mss,nop,nop,ts:df,id+:0
;@ source="Satori tcp.xml: Windows 10 1607" date=2021-09
sig   = *:128:0:*:8192,0:mss:df,id+:0
;@ source="Satori tcp.xml: Windows 10 1703, Server 2012 R2" date=2020-05

; --- Apple, BSD, load balancers

label = s:unix:Mac OS X:or iOS
sig   = *:64:0:*:65535,6:mss,nop,ws,nop,nop,ts,sok,eol+1:df:0
;@ source="JA4TScan: macOS, iPhone" date=2024-08 family=apple note="TTL, DF and IP ID as in their SYNs"

label = s:unix:FreeBSD:7.x
sig   = *:64:0:*:65535,3:mss,nop,ws,sok,ts:df,id+:0
;@ source="Satori tcp.xml: FreeBSD 7.1" date=2021-09
sig   = *:64:0:*:65535,0:mss,sok,eol+0:df,id+:0
;@ source="Satori tcp.xml: FreeBSD 7.1" date=2021-09

label = s:other:BIG-IP:13.1
sig   = *:255:0:*:mss*3,0:mss,nop,nop,ts,sok,eol+1:df,id+:0
;@ source="Satori tcp.xml: BIG-IP 13.1" date=2021-09 family=appliance
sig   = *:255:0:*:mss*3,0:mss,sok,eol+1:df,id+:0
;@ source="Satori tcp.xml: BIG-IP 13.1" date=2021-09 family=appliance
