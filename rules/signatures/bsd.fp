; FreeBSD, OpenBSD, Solaris and illumos. Game consoles with a kernel of FreeBSD send what it sends.
;@ matching=syncopate

classes = win,unix,other

[tcp:request]

label = s:unix:FreeBSD:11 and newer
sig   = 4:64:0:*:65535,6:mss,nop,ws,sok,ts:df:0
;@ source="FreeBSD tcp_output.c, ip_id.c: net.inet.ip.rfc6864=1 leaves the IP ID 0" date=2026-11 note="read, not run"

label = s:unix:FreeBSD:
sig   = 4:64:0:*:65535,6:mss,nop,ws,sok,ts:df,id+:0
;@ source="nDPI: FreeBSD" date=2026-09 note="DF and IP ID are inferred there"
sig   = 6:64:0:*:65535,6:mss,nop,ws,sok,ts::0
;@ source="nDPI: FreeBSD" date=2026-09

label = s:unix:FreeBSD:7.x
sig   = *:64:0:*:65535,3:mss,nop,ws,sok,ts:df,id+:0
;@ source="Satori tcp.xml: FreeBSD 7.0, 7.2" date=2009-09

label = g:unix:FreeBSD:another maxsockbuf
sig   = *:64:0:*:65535,*:mss,nop,ws,sok,ts:df:0
;@ source="the lines above: the scale follows kern.ipc.maxsockbuf" date=2026-11 note="not measured"

label = s:unix:BSD:FreeBSD 6 or Mac OS X 10.5
sig   = *:64:0:*:65535,1:mss,nop,ws,nop,nop,ts,sok,eol+1:df,id+:0
;@ source="Satori tcp.xml: FreeBSD 6, Mac OS X 10.5" date=2021-09 family=bsd

label = s:unix:FreeBSD:4.x to 5.x
sig   = 4:64:0:*:57344,0:mss,nop,ws,nop,nop,ts:df,id+:0
;@ source="Satori tcp.xml: FreeBSD" date=2009-03
sig   = 4:64:0:*:65535,1:mss,nop,ws,nop,nop,ts:df,id+:0
;@ source="Satori tcp.xml: FreeBSD" date=2009-03

label = s:unix:OpenBSD:4.x
sig   = *:64:0:*:16384,0:mss,nop,nop,sok,nop,ws,nop,nop,ts:df,id+:0
;@ source="Satori tcp.xml: OpenBSD 4" date=2009-09

label = s:unix:OpenBSD:4.9 and newer
sig   = *:64:0:*:16384,6:mss,nop,nop,sok,nop,ws,nop,nop,ts:df,id+:0
;@ source="OpenBSD tcp_output.c: option order; a scale of 6 for an sb_max of 2 MiB" date=2026-11 note="read, not run"

label = g:unix:OpenBSD:
sig   = *:64:0:*:16384,*:mss,nop,nop,sok,nop,ws,nop,nop,ts:df,id+:0
;@ source="the lines above with another sb_max" date=2026-11 note="not measured"

label = s:unix:Solaris:11, or illumos
sig   = 4:64:0:1460:64240,1:mss,nop,nop,sok,nop,ws:df,id+:0
;@ source="illumos tcp_output.c: option order; a receive buffer of 128000, rounded up to 88 segments, halved by the scale" date=2026-11 note="read, not run"

label = s:unix:Solaris:10
sig   = 4:64:0:1460:mss*34,0:mss,nop,nop,sok:df,id+:0
;@ source="Oracle: tcp_recv_hiwat of 49152, rounded up to 34 segments; illumos tcp_output.c: option order" date=2026-11 note="read, not run"

[tcp:response]

; FreeBSD tcp_addoptions() writes MSS, scale, SACK and timestamps, those that were offered, each aligned.

label = s:unix:FreeBSD:11 and newer
sig   = 4:64:0:*:65535,*:mss,nop,ws,sok,ts:df:0
;@ source="FreeBSD tcp_output.c tcp_addoptions(); window and IP ID as in its SYNs" date=2026-11 note="read, not run"
sig   = 4:64:0:*:65535,0:mss,sok,ts:df:0
;@ source="FreeBSD tcp_output.c tcp_addoptions(); window and IP ID as in its SYNs" date=2026-11 note="read, not run"

label = s:unix:BSD:FreeBSD 11 and newer, macOS or iOS
sig   = 4:64:0:*:65535,*:mss,nop,ws,sok,eol+1:df:0
;@ source="FreeBSD tcp_addoptions() and XNU tcp_output() write the same" date=2026-11 family=bsd note="read, not run"
sig   = 4:64:0:*:65535,*:mss,nop,ws,nop,nop,ts:df:0
;@ source="FreeBSD tcp_addoptions() and XNU tcp_output() write the same" date=2026-11 family=bsd note="read, not run"
sig   = 4:64:0:*:65535,0:mss,sok,eol+1:df:0
;@ source="FreeBSD tcp_addoptions() and XNU tcp_output() write the same" date=2026-11 family=bsd note="read, not run"
sig   = 4:64:0:*:65535,*:mss,nop,ws:df:0
;@ source="FreeBSD tcp_addoptions() and XNU tcp_output() write the same" date=2026-11 family=bsd note="read, not run"
sig   = 4:64:0:*:65535,0:mss,nop,nop,ts:df:0
;@ source="FreeBSD tcp_addoptions() and XNU tcp_output() write the same" date=2026-11 family=bsd note="read, not run"

label = s:unix:FreeBSD:
sig   = 6:64:0:*:65535,*:mss,nop,ws,sok,ts::0
;@ source="the lines for IPv4" date=2026-11 note="read, not run"
sig   = 6:64:0:*:65535,0:mss,sok,ts::0
;@ source="the lines for IPv4" date=2026-11 note="read, not run"

label = s:unix:FreeBSD:7.x
sig   = 4:64:0:*:65535,3:mss,nop,ws,sok,ts:df,id+:0
;@ source="Satori tcp.xml: FreeBSD 7.1" date=2021-09
sig   = 4:64:0:*:65535,0:mss,sok,eol+1:df,id+:0
;@ source="Satori tcp.xml: FreeBSD 7.1" date=2021-09

label = s:unix:FreeBSD:4.x to 5.x
sig   = 4:64:0:*:57344,0:mss,nop,ws,nop,nop,ts:df,id+:0
;@ source="Satori tcp.xml: FreeBSD" date=2009-03
sig   = 4:64:0:*:57344,0:mss:df,id+:0
;@ source="Satori tcp.xml: FreeBSD" date=2009-03

; OpenBSD: 16384 octets, whatever was offered.

label = s:unix:OpenBSD:
sig   = *:64:0:*:16384,*:mss,nop,nop,sok,nop,ws,nop,nop,ts:df,id+:0
;@ source="OpenBSD tcp_output.c: option order; window as in its SYNs" date=2026-11 note="read, not run"
sig   = *:64:0:*:16384,*:mss,nop,nop,sok,nop,ws:df,id+:0
;@ source="OpenBSD tcp_output.c: option order; window as in its SYNs" date=2026-11 note="read, not run"
sig   = *:64:0:*:16384,*:mss,nop,ws,nop,nop,ts:df,id+:0
;@ source="OpenBSD tcp_output.c: option order; window as in its SYNs" date=2026-11 note="read, not run"
sig   = *:64:0:*:16384,0:mss,nop,nop,sok,nop,nop,ts:df,id+:0
;@ source="OpenBSD tcp_output.c: option order; window as in its SYNs" date=2026-11 note="read, not run"
sig   = *:64:0:*:16384,*:mss,nop,ws:df,id+:0
;@ source="OpenBSD tcp_output.c: option order; window as in its SYNs" date=2026-11 note="read, not run"
sig   = *:64:0:*:16384,0:mss,nop,nop,sok:df,id+:0
;@ source="OpenBSD tcp_output.c: option order; window as in its SYNs" date=2026-11 note="read, not run"
sig   = *:64:0:*:16384,0:mss,nop,nop,ts:df,id+:0
;@ source="OpenBSD tcp_output.c: option order; window as in its SYNs" date=2026-11 note="read, not run"
sig   = *:64:0:*:16384,0:mss:df,id+:0
;@ source="OpenBSD tcp_output.c: option order; window as in its SYNs" date=2026-11 note="read, not run"

; Solaris keeps timestamps in the header that it copies, so they stand before the MSS: nobody else does that.

label = s:unix:Solaris:or illumos
sig   = *:64:0:*:*,*:sok,ts,mss,nop,ws:df,id+:0
;@ source="illumos tcp_output.c tcp_xmit_mp_aux_iss()" date=2026-11 note="read, not run"
sig   = *:64:0:*:*,*:nop,nop,ts,mss,nop,ws:df,id+:0
;@ source="illumos tcp_output.c tcp_xmit_mp_aux_iss()" date=2026-11 note="read, not run"
sig   = *:64:0:*:*,0:sok,ts,mss:df,id+:0
;@ source="illumos tcp_output.c tcp_xmit_mp_aux_iss()" date=2026-11 note="read, not run"
sig   = *:64:0:*:*,0:nop,nop,ts,mss:df,id+:0
;@ source="illumos tcp_output.c tcp_xmit_mp_aux_iss()" date=2026-11 note="read, not run"
