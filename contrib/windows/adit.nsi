; SPDX-License-Identifier: ISC
; Copyright (c) 2026 The Adit authors
;
; The installer for Windows, by NSIS 3: see README here for its options, and
; build.sh for the definitions that it needs.
;
; NOTES.  All that is refused is refused before anything has changed (Judge).
; A copy of the new program in $PLUGINSDIR controls services: the old one may be
; any version, and is replaced meanwhile.  It is replaced by renaming, which
; Windows allows while it runs.  Services are known by their command line: those
; that run $INSTDIR\adit.exe are ours, whoever installed them.
;
; Exit status: 0; 1 the user has cancelled; 2 refused, nothing has changed; 3
; the program is installed, but something else failed, for example the start of
; the service.

!define KEY "Software\Adit"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Adit"
!define SERVICES "SYSTEM\CurrentControlSet\Services"
!define SOURCES "${SERVICES}\EventLog\Application"

!if "${ARCH}" == "x64"
	Target amd64-unicode
!else
	; On arm64 Windows runs the installer as it runs any for x86.
	Target x86-unicode
!endif

!include LogicLib.nsh
!include x64.nsh
!include FileFunc.nsh
!include MUI2.nsh
!include Sections.nsh

Name "Adit"
OutFile "${OUTPUT}"
RequestExecutionLevel admin
SetCompressor /SOLID lzma
SetDateSave off
ManifestDPIAware true
ShowInstDetails show
ShowUninstDetails show
BrandingText "Adit ${VERSION}"
VIProductVersion "${NUMBERS}"
VIAddVersionKey "ProductName" "Adit"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "Adit ${VERSION} (${ARCH}), setup"
VIAddVersionKey "LegalCopyright" "Copyright (c) 2026 The Adit authors"

Var Name		; of the service; empty: none is to be installed
Var Begin		; when it starts; empty: as the configuration decides
Var Config		; the file that becomes the configuration; or empty
Var Folder		; of the configuration
Var Old			; where it is installed already; or empty
Var Tool		; the program that controls services
Var Log			; handle of the log; empty: there is none
Var Bad			; 1: something has failed
Var List		; names of services, "one/two/"
Var Stopped		; those that are to be started again
Var Item		; one of them
Var Words		; of the command line
Var Word		; one of them
Var Char
Var Status		; of the last program that was run
Var Said		; its words
Var Tries		; to run it
Var Start		; 1: the service of that name is to be started
Var Purge		; 1: the configuration is removed, too

!define MUI_ABORTWARNING
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

; --- What both sides use ------------------------------------------------------

; Says something in the list of details and in the log.
!macro SAY TEXT
	DetailPrint `${TEXT}`
	${If} $Log != ""
		FileWriteUTF16LE $Log `${TEXT}$\r$\n`
	${EndIf}
!macroend
!define Say "!insertmacro SAY"

; Says that something has failed, and goes on.
!macro FAILED TEXT
	StrCpy $Bad 1
	${Say} "${TEXT}"
!macroend
!define Failed "!insertmacro FAILED"

; Refuses, and ends.
!macro REFUSE TEXT
	${Say} "${TEXT}"
	MessageBox MB_OK|MB_ICONSTOP "${TEXT}" /SD IDOK
	SetErrorLevel 2
	Abort "${TEXT}"
!macroend
!define Refuse "!insertmacro REFUSE"

; Runs a command line, unseen: $Status and $Said.  A program that cannot be
; started, as one that was just written and is being scanned, is tried again.
!macro RUN COMMAND
	StrCpy $Tries 0
	${Do}
		${If} $Tries > 0
			Sleep 500
		${EndIf}
		IntOp $Tries $Tries + 1
		nsExec::ExecToStack `${COMMAND}`
		Pop $Status
		Pop $Said
		${If} $Status != "error"
			${ExitDo}
		${EndIf}
	${LoopUntil} $Tries >= 5
	${If} $Status != 0
		${Say} `${COMMAND}: status $Status: $Said`
	${EndIf}
!macroend
!define Run "!insertmacro RUN"

; `adit service WHAT` for the service $Item.
!define Service "!insertmacro SERVICE"
!macro SERVICE WHAT
	${Run} `"$Tool" service ${WHAT} --name "$Item"`
!macroend

; For the option that $Word is, with what follows it in $R9.
!macro OPTION NAME
	StrCpy $R6 "${NAME}"
	Call IsOption
	${If} $R7 == 1
!macroend
!define Option "!insertmacro OPTION"

!macro BOTH UN

; Takes the first word from $Words to $Word, without its quotes; both empty: there
; is none.
Function ${UN}NextWord
	StrCpy $Word ""
	StrCpy $R8 0
	${Do}
		StrCpy $Char $Words 1
		${If} $Char == ""
			Return
		${EndIf}
		StrCpy $Words $Words "" 1
		${If} $Char == '"'
			IntOp $R8 $R8 ^ 1
		${ElseIf} $Char == " "
		${AndIf} $R8 == 0
			${If} $Word != ""
				Return
			${EndIf}
		${Else}
			StrCpy $Word "$Word$Char"
		${EndIf}
	${Loop}
FunctionEnd

; Does $Word begin with $R6?  Then $R7 is 1, and $R9 the rest.
Function ${UN}IsOption
	StrLen $R9 $R6
	StrCpy $R8 $Word $R9
	StrCpy $R9 $Word "" $R9
	StrCpy $R7 0
	${If} $R8 == $R6
		StrCpy $R7 1
	${EndIf}
FunctionEnd

; Opens the log.
Function ${UN}OpenLog
	FileOpen $Log $R9 w
	${If} $Log != ""
		FileWriteUTF16LE /BOM $Log "Adit ${VERSION}$\r$\n"
	${EndIf}
FunctionEnd

; Takes the first name from $List to $Item; empty: there is none.
Function ${UN}NextItem
	StrCpy $Item ""
	${Do}
		StrCpy $Char $List 1
		${If} $Char == ""
			Return
		${EndIf}
		StrCpy $List $List "" 1
		${If} $Char == "/"
			Return
		${EndIf}
		StrCpy $Item "$Item$Char"
	${Loop}
FunctionEnd

; Is $R1 the command line of a service of ours?  $R2: 1 or 0.
Function ${UN}IsOurs
	StrCpy $R3 `"$INSTDIR\adit.exe" service run `
	StrLen $R4 $R3
	StrCpy $R4 $R1 $R4
	StrCpy $R2 0
	${If} $R4 == $R3
		StrCpy $R2 1
	${EndIf}
FunctionEnd

; The names of our services, to $List.
Function ${UN}FindServices
	StrCpy $List ""
	StrCpy $R0 0
	${Do}
		EnumRegKey $Item HKLM "${SERVICES}" $R0
		${If} $Item == ""
			Return
		${EndIf}
		IntOp $R0 $R0 + 1
		ReadRegStr $R1 HKLM "${SERVICES}\$Item" "ImagePath"
		Call ${UN}IsOurs
		${If} $R2 == 1
			StrCpy $List "$List$Item/"
		${EndIf}
	${Loop}
FunctionEnd

; Takes the rule of the firewall away; that there is none is no failure.
Function ${UN}CloseFirewall
	nsExec::ExecToStack `"$SYSDIR\netsh.exe" advfirewall firewall delete rule name="Adit" program="$INSTDIR\adit.exe"`
	Pop $Status
	Pop $Said
FunctionEnd

; Where we are, and that we may.
Function ${UN}Begin
	SetShellVarContext all
	!if "${ARCH}" != "x86"
		SetRegView 64
	!endif
	StrCpy $Folder "$APPDATA\adit"
	UserInfo::GetAccountType
	Pop $R0
	${If} $R0 != "Admin"
		${Refuse} "Adit is installed and removed by administrators only: run this as administrator."
	${EndIf}
FunctionEnd

!macroend
!insertmacro BOTH ""
!insertmacro BOTH "un."

; --- Installing ---------------------------------------------------------------

; Whether the choices of the command line are right; before anything changes.
Function Judge
	${If} $Begin != ""
	${AndIf} $Begin != "auto"
	${AndIf} $Begin != "delayed"
	${AndIf} $Begin != "demand"
		${Refuse} "/START=$Begin: must be auto, delayed or demand."
	${EndIf}
	${If} $Old != ""
	${AndIf} $Old != $INSTDIR
		${Refuse} "Adit is installed in $Old already: uninstall it first, or install there."
	${EndIf}
	${If} $Config != ""
		${If} $Name == ""
			${Refuse} "/CONFIG= is for the service, which is not installed."
		${EndIf}
		${IfNot} ${FileExists} $Config
			${Refuse} "/CONFIG=$Config: there is no such file."
		${EndIf}
	${EndIf}
	${If} $Name != ""
		ReadRegStr $R1 HKLM "${SERVICES}\$Name" "ImagePath"
		${If} $R1 != ""
			Call IsOurs
			${If} $R2 == 0
				${Refuse} "There is a service $Name, which runs $R1: uninstall it, or choose a different name by /SERVICE=NAME."
			${EndIf}
		${EndIf}
	${EndIf}
	InitPluginsDir
	SetOutPath $PLUGINSDIR
	File "/oname=adit.exe" "${EXE}"
	StrCpy $Tool "$PLUGINSDIR\adit.exe"
	${Run} `"$Tool" --version`
	${If} $Status != 0
		${Refuse} "adit.exe does not run on this machine."
	${EndIf}
	${If} $Config != ""
		${Run} `"$Tool" check -c "$Config"`
		${If} $Status != 0
			${Refuse} "/CONFIG=$Config: adit check refuses it: $Said"
		${EndIf}
	${EndIf}
FunctionEnd

; Makes the folder; one that we make elsewhere than in Program Files is for
; administrators to change only.
Function MakeFolder
	${If} ${FileExists} "$INSTDIR\*.*"
		Return
	${EndIf}
	ClearErrors
	CreateDirectory $INSTDIR
	${If} ${Errors}
		${Refuse} "$INSTDIR: this folder cannot be made."
	${EndIf}
	StrLen $R0 $PROGRAMFILES
	StrCpy $R1 $INSTDIR $R0
	${If} $R1 != $PROGRAMFILES
		${Run} `"$SYSDIR\icacls.exe" "$INSTDIR" /inheritance:r /grant:r *S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F *S-1-5-32-545:(OI)(CI)RX`
	${EndIf}
FunctionEnd

; Starts again what was stopped.
Function StartStopped
	StrCpy $List $Stopped
	StrCpy $Stopped ""
	${Do}
		Call NextItem
		${If} $Item == ""
			Return
		${EndIf}
		${If} $Item == $Name
			StrCpy $Start 0
		${EndIf}
		${Service} start
		${If} $Status != 0
			${Failed} "Service $Item: it does not start again."
		${EndIf}
	${Loop}
FunctionEnd

; Stops our services that run.
Function StopServices
	Call FindServices
	${Do}
		Call NextItem
		${If} $Item == ""
			Return
		${EndIf}
		${Service} status
		${If} $Status == 0
			${Say} "Service $Item is stopped."
			StrCpy $Stopped "$Stopped$Item/"
			${Service} stop
			${If} $Status != 0
				Delete "$INSTDIR\adit-new.exe"
				Call StartStopped
				${Refuse} "Service $Item does not stop: try again later."
			${EndIf}
		${EndIf}
	${Loop}
FunctionEnd

; Puts the new program in the place of the old one.
Function Replace
	; What ran when an earlier setup replaced it.
	Delete "$INSTDIR\adit-old*.exe"
	StrCpy $R0 "$INSTDIR\adit-old.exe"
	StrCpy $R1 0
	${While} ${FileExists} $R0
		IntOp $R1 $R1 + 1
		StrCpy $R0 "$INSTDIR\adit-old$R1.exe"
	${EndWhile}
	ClearErrors
	${If} ${FileExists} "$INSTDIR\adit.exe"
		Rename "$INSTDIR\adit.exe" $R0
	${EndIf}
	${IfNot} ${Errors}
		Rename "$INSTDIR\adit-new.exe" "$INSTDIR\adit.exe"
		${If} ${Errors}
			Rename $R0 "$INSTDIR\adit.exe"
			SetErrors
		${EndIf}
	${EndIf}
	${If} ${Errors}
		Delete "$INSTDIR\adit-new.exe"
		Call StartStopped
		${Refuse} "$INSTDIR\adit.exe cannot be replaced."
	${EndIf}
	; One that still runs goes on, and its file goes with the next start of
	; the machine.
	Delete $R0
	${If} ${FileExists} $R0
		${Say} "The old program still runs, and is used until it ends."
		Delete /REBOOTOK $R0
		SetRebootFlag false
	${EndIf}
FunctionEnd

Section "Program and manual" SecProgram
	SectionIn RO
	Call Judge
	Call MakeFolder
	SetOutPath $INSTDIR
	SetOverwrite try
	ClearErrors
	File "/oname=adit-new.exe" "${EXE}"
	${If} ${Errors}
		RMDir $INSTDIR
		${Refuse} "$INSTDIR: no file can be written there."
	${EndIf}
	Call StopServices
	Call Replace
	SetOverwrite on
	File "/oname=COPYING.txt" "${DATA}\COPYING.txt"
	File "/oname=README.txt" "${DATA}\README.txt"
	SetOutPath "$INSTDIR\doc"
	File "${DATA}\doc\*.html"
	SetOutPath $INSTDIR
	WriteUninstaller "$INSTDIR\uninstall.exe"
	WriteRegStr HKLM "${KEY}" "InstallDir" $INSTDIR
	WriteRegStr HKLM "${UNINSTALL}" "DisplayName" "Adit"
	WriteRegStr HKLM "${UNINSTALL}" "DisplayVersion" "${VERSION}"
	WriteRegStr HKLM "${UNINSTALL}" "Publisher" "The Adit authors"
	WriteRegStr HKLM "${UNINSTALL}" "DisplayIcon" "$INSTDIR\adit.exe"
	WriteRegStr HKLM "${UNINSTALL}" "InstallLocation" $INSTDIR
	WriteRegStr HKLM "${UNINSTALL}" "UninstallString" `"$INSTDIR\uninstall.exe"`
	WriteRegStr HKLM "${UNINSTALL}" "QuietUninstallString" `"$INSTDIR\uninstall.exe" /S`
	WriteRegDWORD HKLM "${UNINSTALL}" "NoModify" 1
	WriteRegDWORD HKLM "${UNINSTALL}" "NoRepair" 1
	${GetSize} $INSTDIR "/S=0K" $R0 $R1 $R2
	WriteRegDWORD HKLM "${UNINSTALL}" "EstimatedSize" $R0
SectionEnd

Section "Firewall rule: others may reach Adit" SecFirewall
	Call CloseFirewall
	${Run} `"$SYSDIR\netsh.exe" advfirewall firewall add rule name="Adit" dir=in action=allow program="$INSTDIR\adit.exe" enable=yes profile=any`
	${If} $Status != 0
		${Failed} "The firewall has no rule for Adit: it may keep others from reaching it."
	${EndIf}
SectionEnd

; The configuration file: the one that was asked for, else one that is there,
; else the sample.  The one that is there goes only when the other has arrived
; and is right there, too: an include may be relative to its folder.
Function MakeConfig
	${If} $Config != ""
		Delete "$Folder\adit.conf.new"
		ClearErrors
		CopyFiles /SILENT $Config "$Folder\adit.conf.new"
		${If} ${Errors}
		${OrIfNot} ${FileExists} "$Folder\adit.conf.new"
			${Failed} "$Config: it cannot be copied to $Folder."
			Return
		${EndIf}
		${Run} `"$INSTDIR\adit.exe" check -c "$Folder\adit.conf.new"`
		${If} $Status != 0
			Delete "$Folder\adit.conf.new"
			${Failed} "$Config: adit check refuses it in $Folder: $Said"
			Return
		${EndIf}
		${If} ${FileExists} "$Folder\adit.conf"
			Delete "$Folder\adit.conf.old"
			Rename "$Folder\adit.conf" "$Folder\adit.conf.old"
		${EndIf}
		ClearErrors
		Rename "$Folder\adit.conf.new" "$Folder\adit.conf"
		${If} ${Errors}
			Rename "$Folder\adit.conf.old" "$Folder\adit.conf"
			Delete "$Folder\adit.conf.new"
			${Failed} "$Folder\adit.conf cannot be replaced."
		${EndIf}
	${ElseIfNot} ${FileExists} "$Folder\adit.conf"
		SetOutPath $Folder
		File "/oname=adit.conf" "${DATA}\adit.conf"
		SetOutPath $INSTDIR
	${EndIf}
FunctionEnd

Section "Service" SecService
	; A second setup keeps the service as it is.
	ReadRegStr $R1 HKLM "${SERVICES}\$Name" "ImagePath"
	${If} $R1 == ""
		; One that has nothing to run yet would fail at each start of
		; the machine.
		${If} $Begin == ""
			StrCpy $Begin "demand"
			StrCpy $R2 $Config
			${If} $R2 == ""
				StrCpy $R2 "$Folder\adit.conf"
			${EndIf}
			${If} ${FileExists} $R2
				${Run} `"$INSTDIR\adit.exe" check -c "$R2"`
				${If} $Status == 0
					StrCpy $Begin "auto"
				${EndIf}
			${EndIf}
		${EndIf}
		; This makes the folder, too, for administrators only, or
		; refuses one that somebody else has made.
		${Run} `"$INSTDIR\adit.exe" service install --name "$Name" --start $Begin -c "$Folder\adit.conf"`
		${If} $Status != 0
			${Failed} "Service $Name cannot be installed: $Said"
			Return
		${EndIf}
		StrCpy $Start 1
	${ElseIf} $Config != ""
		StrCpy $Start 1
	${EndIf}
	Call MakeConfig
	${Run} `"$INSTDIR\adit.exe" check -c "$Folder\adit.conf"`
	${If} $Status != 0
		StrCpy $Start 0
		${Say} "Service $Name is not started: $Folder\adit.conf is to be edited first."
		${If} $Config != ""
			StrCpy $Bad 1
		${EndIf}
	${EndIf}
SectionEnd

; A shortcut that asks for the rights of an administrator: bit 5 of byte 21.
!macro ELEVATE FILE
	FileOpen $R0 "${FILE}" a
	${If} $R0 != ""
		FileSeek $R0 21
		FileReadByte $R0 $R1
		IntOp $R1 $R1 | 32
		FileSeek $R0 21
		FileWriteByte $R0 $R1
		FileClose $R0
	${EndIf}
!macroend

Section "Start menu" SecMenu
	CreateDirectory "$SMPROGRAMS\Adit"
	SetOutPath $INSTDIR
	CreateShortcut "$SMPROGRAMS\Adit\Configuration.lnk" "$SYSDIR\notepad.exe" `"$Folder\adit.conf"`
	!insertmacro ELEVATE "$SMPROGRAMS\Adit\Configuration.lnk"
	CreateShortcut "$SMPROGRAMS\Adit\Adit prompt.lnk" "$SYSDIR\cmd.exe" `/k cd /d "$INSTDIR"`
	!insertmacro ELEVATE "$SMPROGRAMS\Adit\Adit prompt.lnk"
	CreateShortcut "$SMPROGRAMS\Adit\Manual.lnk" "$INSTDIR\doc\adit.8.html"
SectionEnd

Section -start
	Call StartStopped
	${If} $Start == 1
		StrCpy $Item $Name
		${Service} start
		${If} $Status != 0
			${Failed} "Service $Item: it does not start: $Said"
		${EndIf}
	${EndIf}
	${If} $Bad == 1
		MessageBox MB_OK|MB_ICONEXCLAMATION "Adit is installed, but something else has failed: the details say what." /SD IDOK
		SetErrorLevel 3
	${Else}
		${Say} "Adit ${VERSION} is installed."
	${EndIf}
SectionEnd

; The service that is set up by a configuration: the one of ours that runs it, or
; else "adit".
Function NameOfConfig
	StrCpy $R5 "$Folder\adit.conf"
	StrLen $R6 $R5
	Call FindServices
	${Do}
		Call NextItem
		${If} $Item == ""
			StrCpy $Name "adit"
			Return
		${EndIf}
		ReadRegStr $R1 HKLM "${SERVICES}\$Item" "ImagePath"
		StrCpy $R2 $R1 1 -1
		${If} $R2 == '"'
			StrCpy $R1 $R1 -1
		${EndIf}
		StrCpy $R2 $R1 "" -$R6
		${If} $R2 == $R5
			StrCpy $Name $Item
			Return
		${EndIf}
	${Loop}
FunctionEnd

; Reads the options of the command line, over what is there already.
Function ReadOptions
	StrCpy $Name "adit"
	StrCpy $R5 ""
	${If} $Old != ""
		; An update leaves what is there as it is.
		StrCpy $Name ""
		!insertmacro UnselectSection ${SecService}
		!insertmacro UnselectSection ${SecFirewall}
	${EndIf}
	${GetParameters} $Words
	${Do}
		Call NextWord
		${If} $Word == ""
			${ExitDo}
		${EndIf}
		${Option} "/LOG="
			Call OpenLog
		${EndIf}
		${Option} "/SERVICE="
			StrCpy $Name $R9
			!insertmacro SelectSection ${SecService}
		${EndIf}
		${If} $Word == "/NOSERVICE"
			StrCpy $Name ""
			StrCpy $R5 1
		${EndIf}
		${Option} "/START="
			StrCpy $Begin $R9
		${EndIf}
		${Option} "/CONFIG="
			StrCpy $Config $R9
		${EndIf}
		${If} $Word == "/FIREWALL"
			!insertmacro SelectSection ${SecFirewall}
		${EndIf}
		${If} $Word == "/NOFIREWALL"
			!insertmacro UnselectSection ${SecFirewall}
		${EndIf}
		${If} $Word == "/NOMENU"
			!insertmacro UnselectSection ${SecMenu}
		${EndIf}
	${Loop}
	; A configuration asks for the service, too.
	${If} $Config != ""
		GetFullPathName $Word $Config
		${If} $Word != ""
			StrCpy $Config $Word
		${EndIf}
		${If} $Name == ""
		${AndIf} $R5 == ""
			Call NameOfConfig
			!insertmacro SelectSection ${SecService}
		${EndIf}
	${EndIf}
	${If} $Name == ""
		!insertmacro UnselectSection ${SecService}
	${EndIf}
FunctionEnd

Function .onInit
	!if "${ARCH}" == "x86"
		${If} ${RunningX64}
			SetErrorLevel 2
			MessageBox MB_OK|MB_ICONSTOP "This Windows is one of 64 bits: use the setup for x64." /SD IDOK
			Abort
		${EndIf}
	!endif
	Call Begin
	ReadRegStr $Old HKLM "${KEY}" "InstallDir"
	${If} $INSTDIR == ""
		StrCpy $INSTDIR $Old
	${EndIf}
	${If} $INSTDIR == ""
		!if "${ARCH}" == "x86"
			StrCpy $INSTDIR "$PROGRAMFILES\Adit"
		!else
			StrCpy $INSTDIR "$PROGRAMFILES64\Adit"
		!endif
	${EndIf}
	Call ReadOptions
FunctionEnd

; In the list the user may have chosen a service that an update leaves alone.
Function .onSelChange
	${If} ${SectionIsSelected} ${SecService}
		${If} $Name == ""
			StrCpy $Name "adit"
		${EndIf}
	${Else}
		StrCpy $Name ""
	${EndIf}
FunctionEnd

LangString TextProgram ${LANG_ENGLISH} "adit.exe and its manual.  Services that run it are stopped, and started again."
LangString TextService ${LANG_ENGLISH} "A service that runs the tunnels of %ProgramData%\adit\adit.conf."
LangString TextFirewall ${LANG_ENGLISH} "Other machines may reach what Adit listens on.  A client needs none."
LangString TextMenu ${LANG_ENGLISH} "Shortcuts to the configuration, to a prompt and to the manual."
!insertmacro MUI_FUNCTION_DESCRIPTION_BEGIN
	!insertmacro MUI_DESCRIPTION_TEXT ${SecProgram} $(TextProgram)
	!insertmacro MUI_DESCRIPTION_TEXT ${SecService} $(TextService)
	!insertmacro MUI_DESCRIPTION_TEXT ${SecFirewall} $(TextFirewall)
	!insertmacro MUI_DESCRIPTION_TEXT ${SecMenu} $(TextMenu)
!insertmacro MUI_FUNCTION_DESCRIPTION_END

; --- Removing -----------------------------------------------------------------

Function un.onInit
	Call un.Begin
	; The same folder may have several names.
	ReadRegStr $Old HKLM "${KEY}" "InstallDir"
	${If} $Old != ""
		StrCpy $INSTDIR $Old
	${EndIf}
	${GetParameters} $Words
	${Do}
		Call un.NextWord
		${If} $Word == ""
			${ExitDo}
		${EndIf}
		${If} $Word == "/PURGE"
			StrCpy $Purge 1
		${EndIf}
		StrCpy $R6 "/LOG="
		Call un.IsOption
		${If} $R7 == 1
			Call un.OpenLog
		${EndIf}
	${Loop}
FunctionEnd

; Removes our services.  Without adit.exe, by what Windows has.
Function un.RemoveServices
	StrCpy $Tool "$INSTDIR\adit.exe"
	Call un.FindServices
	${Do}
		Call un.NextItem
		${If} $Item == ""
			Return
		${EndIf}
		${If} ${FileExists} $Tool
			${Service} uninstall
		${Else}
			${Run} `"$SYSDIR\sc.exe" stop "$Item"`
			${Run} `"$SYSDIR\sc.exe" delete "$Item"`
			DeleteRegKey HKLM "${SOURCES}\$Item"
		${EndIf}
		${If} $Status != 0
			${Refuse} "Service $Item cannot be removed: $Said"
		${EndIf}
		${Say} "Service $Item is removed."
	${Loop}
FunctionEnd

Section Uninstall
	Call un.RemoveServices
	Call un.CloseFirewall
	Delete "$SMPROGRAMS\Adit\Configuration.lnk"
	Delete "$SMPROGRAMS\Adit\Adit prompt.lnk"
	Delete "$SMPROGRAMS\Adit\Manual.lnk"
	RMDir "$SMPROGRAMS\Adit"
	Delete "$INSTDIR\doc\*.html"
	RMDir "$INSTDIR\doc"
	Delete "$INSTDIR\COPYING.txt"
	Delete "$INSTDIR\README.txt"
	Delete "$INSTDIR\adit-new.exe"
	; One that still runs goes with the next start of the machine.
	Delete /REBOOTOK "$INSTDIR\adit-old*.exe"
	Delete /REBOOTOK "$INSTDIR\adit.exe"
	${If} ${FileExists} "$Folder\*.*"
	${AndIf} $Purge != 1
		MessageBox MB_YESNO|MB_DEFBUTTON2|MB_ICONQUESTION "Remove the configuration, keys and logs in $Folder, too?" /SD IDNO IDNO +2
		StrCpy $Purge 1
	${EndIf}
	${If} $Purge == 1
		; It follows no junction that the service may have made there.
		${Run} `"$SYSDIR\cmd.exe" /c rd /s /q "$Folder"`
	${ElseIf} ${FileExists} "$Folder\*.*"
		${Say} "$Folder is kept (/PURGE removes it)."
	${EndIf}
	${Say} "Adit is removed."
	; Whoever waits for the end looks for these.
	Delete "$INSTDIR\uninstall.exe"
	RMDir $INSTDIR
	DeleteRegKey HKLM "${UNINSTALL}"
	DeleteRegKey HKLM "${KEY}"
SectionEnd
