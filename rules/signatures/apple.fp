; macOS, iOS and the others of Apple. Since 10.13 and iOS 12 the IP ID of a SYN is 0: df without id+.
;@ matching=syncopate

classes = win,unix,other

[tcp:request]

label = s:unix:Mac OS X:10.14 and newer, or iOS
sig   = *:64:0:*:65535,6:mss,nop,ws,nop,nop,ts,sok,eol+1:df:0
;@ source="Satori tcp.xml: Mac OS X 10.14, 10.15; nDPI: macOS, iOS, and its iphone.pcap" date=2026-09 family=apple

label = s:unix:Mac OS X:10.13 and newer, or iOS or tvOS
sig   = 4:64:0:*:65535,5:mss,nop,ws,nop,nop,ts,sok,eol+1:df:0
;@ source="Satori tcp.xml: Mac OS X 10.13, 10.14, iOS 13, tvOS 14.0; nDPI: Apple" date=2026-09 family=apple

label = s:unix:iOS:12 and newer
sig   = *:64:0:*:65535,7:mss,nop,ws,nop,nop,ts,sok,eol+1:df:0
;@ source="Satori tcp.xml: iOS 12, 13; nDPI's iphone.pcap" date=2021-09 family=apple
sig   = 4:64:0:*:65535,3:mss,nop,ws,nop,nop,ts,sok,eol+1:df:0
;@ source="Satori tcp.xml: iOS 13" date=2021-09 family=apple
sig   = *:64:0:*:10240,3:mss,nop,ws,nop,nop,ts,sok,eol+1:df:0
;@ source="Satori tcp.xml: iOS 13" date=2021-09 family=apple

label = s:unix:Mac OS X:10.11
sig   = 4:64:0:*:65535,5:mss,nop,ws,nop,nop,ts,sok,eol+1:df,id+:0
;@ source="Satori tcp.xml: Mac OS X 10.11" date=2021-11 family=apple

label = s:unix:Mac OS X:10.9 to 10.12, or tvOS 14.2
sig   = *:64:0:*:65535,4:mss,nop,ws,nop,nop,ts,sok,eol+1:df,id+:0
;@ source="Satori tcp.xml: Mac OS X 10.9, 10.10, 10.12, tvOS 14.2" date=2021-11 family=apple

label = s:unix:Mac OS X:10.5
sig   = 4:64:0:*:65535,3:mss,nop,ws,nop,nop,ts,sok,eol+1:df,id+:0
;@ source="Satori tcp.xml: Mac OS X 10.5" date=2021-09 family=apple

; A SYN that was sent before without an answer.

label = s:unix:Mac OS X:10.9 to 10.12, a later try
sig   = 4:64:0:*:65535,0:mss,sok,eol+1:df,id+:0
;@ source="Satori tcp.xml: Mac OS X 10.9, 10.10, 10.12" date=2021-11 family=apple

label = s:unix:Mac OS X:10.13 and newer, or iOS, a later try
sig   = 4:64:0:*:65535,0:mss,sok,eol+1:df:0
;@ source="the line above with the IP ID of newer ones" date=2026-11 family=apple note="not measured"

; IPv6 has no IP ID to tell them apart.

label = s:unix:Mac OS X:10.11 and newer, or iOS or tvOS
sig   = 6:64:0:*:65535,5:mss,nop,ws,nop,nop,ts,sok,eol+1::0
;@ source="the lines for IPv4 above" date=2021-11 family=apple

label = s:unix:Mac OS X:10.5, or iOS 13
sig   = 6:64:0:*:65535,3:mss,nop,ws,nop,nop,ts,sok,eol+1::0
;@ source="the lines for IPv4 above" date=2021-09 family=apple

label = s:unix:Mac OS X:10.9 and newer, or iOS, a later try
sig   = 6:64:0:*:65535,0:mss,sok,eol+1::0
;@ source="the lines for IPv4 above" date=2021-11 family=apple

; The layout is theirs alone: timestamps before SACK, then the end of the list.

label = g:unix:Mac OS X:or iOS
sig   = *:64:0:*:65535,*:mss,nop,ws,nop,nop,ts,sok,eol+1:df:0
;@ source="XNU tcp_output.c: option order" date=2026-11 family=apple note="read, not run"
sig   = 4:64:0:*:65535,*:mss,nop,ws,nop,nop,ts,sok,eol+1:df,id+:0
;@ source="XNU tcp_output.c: option order" date=2026-11 family=apple note="read, not run"

[tcp:response]

; XNU tcp_output.c writes MSS, scale, timestamps and SACK in this order, and those only that were offered.

label = s:unix:Mac OS X:or iOS
sig   = *:64:0:*:65535,*:mss,nop,ws,nop,nop,ts,sok,eol+1:df:0
;@ source="XNU tcp_output.c; window, TTL, DF and IP ID as in their SYNs" date=2026-11 family=apple note="read, not run"
sig   = *:64:0:*:65535,0:mss,nop,nop,ts,sok,eol+1:df:0
;@ source="XNU tcp_output.c; window, TTL, DF and IP ID as in their SYNs" date=2026-11 family=apple note="read, not run"
