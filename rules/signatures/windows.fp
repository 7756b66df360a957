; Windows. Its window is floor65535, too, since 10 1703; 64240 stays when the MSS is changed on the path.
;@ matching=syncopate

classes = win,unix,other

[tcp:request]

label = s:win:Windows:10 or newer
sig   = *:128:0:*:floor65535,8:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: Windows 10 1703 to 1909; nDPI: Windows 10 and 11, and its capture of an update client" date=2024-10
sig   = *:128:0:*:64240,8:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: Windows 10 1703 with MSS 1380; nDPI: MSS 1340, 1398" date=2024-10
sig   = *:128:0:*:65535,8:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: Windows 10 1703 to 1803; huginn-net: Windows 10" date=2026-07

label = s:win:Windows:10 or newer, timestamps on
sig   = *:128:0:*:floor65535,8:mss,nop,ws,sok,ts:df,id+:0
;@ source="Satori tcp.xml: Windows 10 1709 to 1909" date=2021-11
sig   = *:128:0:*:65160,8:mss,nop,ws,sok,ts:df,id+:0
;@ source="nDPI: Windows with timestamps" date=2026-09
sig   = *:128:0:*:65535,8:mss,nop,ws,sok,ts:df,id+:0
;@ source="65535 as without timestamps" date=2026-11 note="not measured"

label = s:win:Windows:10 1607
sig   = *:128:0:*:65535,3:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: Windows 10 1607; huginn-net: Windows 10" date=2026-07

label = s:win:Windows:Vista to 10 1607, or Server 2008 to 2016
sig   = *:128:0:*:8192,8:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: Vista, Windows 7, 8, 8.1, 10 1607, Server 2008 and 2008 R2" date=2021-11

label = s:win:Windows:98 to 10 1607, or Server 2008 R2 to 2016, window scaling off
sig   = *:128:0:*:8192,0:mss,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: 98, Vista, Windows 7, 8, 8.1, 10 1607, Server 2008 R2, 2012 R2, 2016" date=2021-11

label = s:win:Windows:Vista, 7 or 8
sig   = *:128:0:*:8192,2:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: Vista, Windows 7 and 8; nDPI: Windows 7" date=2024-10

label = g:win:Windows:window scaling off
sig   = *:128:0:*:floor65535,0:mss,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: Windows 10 1909, and XP" date=2020-12
sig   = *:128:0:*:65535,0:mss,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: 2000, XP, Vista, Server 2012 R2" date=2020-05

label = g:win:Windows:a scale of 0
sig   = *:128:0:*:8192,0:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="nDPI: Windows with ECN" date=2026-09 note="by nDPI a proxy, perhaps"
sig   = *:128:0:*:32768,0:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="nDPI: Windows with ECN, MSS 1398" date=2024-10

label = s:win:Windows:2000, XP or Server 2003
sig   = *:128:0:*:16384,0:mss,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: XP SP3, Server 2003, and Me" date=2021-01

label = s:win:Windows:XP
sig   = *:128:0:*:64512,0:mss,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: XP" date=2010-11
sig   = *:128:0:*:65535,1:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: XP" date=2010-11

label = s:win:Windows:98 or NT 4
sig   = 4:128:0:*:8192,0:mss:df,id+:0
;@ source="Satori tcp.xml: Windows 98, NT 4" date=2008-10

label = s:win:Windows:95
sig   = 4:32:0:*:8192,0:mss:df,id+:0
;@ source="Satori tcp.xml: Windows 95" date=2008-10

label = s:win:Windows:CE
sig   = 4:32:0:*:32768,0:mss:df,id+:0
;@ source="Satori tcp.xml: Windows CE" date=2009-02

[tcp:response]

; Windows, too, answers with the options it was offered.

label = s:win:Windows:10 or newer, or Server 2019 and newer
sig   = *:128:0:*:floor65535,8:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: Windows 10 1903, Server 2019, windows as in their SYNs" date=2020-05
sig   = *:128:0:*:64240,8:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: Server 2019 with MSS 1380" date=2020-05
sig   = *:128:0:*:65535,8:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: Windows 10 1703, 1709, Server 2019" date=2020-05
sig   = *:128:0:*:65535,8:mss,nop,ws:df,id+:0
;@ source="Satori tcp.xml: Windows 10 1703" date=2020-05
sig   = *:128:0:*:floor65535,8:mss,nop,ws,sok,ts:df,id+:0
;@ source="layouts as Windows 10 1607 and Server 2016 answer (Satori tcp.xml), windows as above" date=2026-11 note=inferred
sig   = *:128:0:*:65535,8:mss,nop,ws,sok,ts:df,id+:0
;@ source="layouts as Windows 10 1607 and Server 2016 answer (Satori tcp.xml), windows as above" date=2026-11 note=inferred
sig   = *:128:0:*:floor65535,8:mss,nop,ws,nop,nop,ts:df,id+:0
;@ source="layouts as Windows 10 1607 and Server 2016 answer (Satori tcp.xml), windows as above" date=2026-11 note=inferred
sig   = *:128:0:*:65535,8:mss,nop,ws,nop,nop,ts:df,id+:0
;@ source="layouts as Windows 10 1607 and Server 2016 answer (Satori tcp.xml), windows as above" date=2026-11 note=inferred
sig   = *:128:0:*:floor65535,8:mss,nop,ws:df,id+:0
;@ source="layouts as Windows 10 1607 and Server 2016 answer (Satori tcp.xml), windows as above" date=2026-11 note=inferred

label = s:win:Windows:Vista to 10 1703, or Server 2008 to 2016
sig   = *:128:0:*:8192,8:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: Vista, Windows 7, 8, Server 2008, 2012 R2, 2016" date=2020-05
sig   = *:128:0:*:8192,0:mss,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: Vista, Windows 7, Server 2008, 2008 R2, 2012 R2" date=2020-05
sig   = *:128:0:*:8192,8:mss,nop,ws,sok,ts:df,id+:0
;@ source="Satori tcp.xml: Server 2016" date=2020-05
sig   = *:128:0:*:8192,8:mss,nop,ws,nop,nop,ts:df,id+:0
;@ source="Satori tcp.xml: Windows 10 1607" date=2021-09
sig   = *:128:0:*:8192,8:mss,nop,ws:df,id+:0
;@ source="the same without SACK and timestamps" date=2026-11 note=inferred
sig   = *:128:0:*:8192,0:mss,nop,nop,ts:df,id+:0
;@ source="Satori tcp.xml: Windows 10 1607" date=2021-09
sig   = *:128:0:*:8192,0:mss,sok,ts:df,id+:0
;@ source="the same with SACK" date=2026-11 note=inferred
sig   = *:128:0:*:8192,0:mss:df,id+:0
;@ source="Satori tcp.xml: Windows 10 1703, Server 2012 R2" date=2020-05

label = s:win:Windows:XP or Server 2003
sig   = *:128:0:*:floor65535,0:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: XP SP3" date=2021-01
sig   = *:128:0:*:65535,0:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: XP SP3" date=2021-01
sig   = 4:128:0:*:64240,0:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: XP SP3 with MSS 1260" date=2021-01
sig   = 4:128:0:*:mss*44,0:mss,nop,ws,nop,nop,sok::0
;@ source="Satori tcp.xml: Server 2003" date=2008-10
sig   = 4:128:0:*:mss*44,0:mss,nop,nop,sok::0
;@ source="Satori tcp.xml: Server 2003" date=2008-10

label = s:win:Windows:7
sig   = *:128:0:*:65535,1:mss,nop,ws,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: Windows 7" date=2019-02

label = s:win:Windows:2000 or Me
sig   = 4:128:0:*:17640,0:mss,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: 2000, Me" date=2008-10

label = g:win:Windows:window scaling off
sig   = *:128:0:*:floor65535,0:mss,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: 2000, XP, XP SP3" date=2021-01
sig   = *:128:0:*:64240,0:mss,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: XP SP3 with MSS 1260" date=2021-01
sig   = *:128:0:*:65535,0:mss,nop,nop,sok:df,id+:0
;@ source="Satori tcp.xml: XP, Server 2003, Windows 10 1607" date=2021-09
sig   = *:128:0:*:65535,0:mss:df,id+:0
;@ source="Satori tcp.xml: 2000" date=2008-10
