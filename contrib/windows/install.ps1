# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors

<#
.SYNOPSIS
Installs a single adit.exe as a service of Windows, or removes it.

.DESCRIPTION
What setup does, for administrators who do without: adit.exe is copied to
"C:\Program Files\Adit", the service and a rule of the firewall are made, and
the service is started.  Run again, with a later adit.exe, it replaces the
program: services that run it are stopped, and started again, also when
something fails.  Rule and services stay as they are, unless an option asks for
one of them; -Config does, for the service that runs adit.conf.

Run as administrator, with Windows PowerShell 3 or PowerShell 7.

.EXAMPLE
.\install.ps1 -Program .\adit.exe -Config .\adit.conf

.EXAMPLE
.\install.ps1 -Uninstall -Purge
#>

[CmdletBinding()]
param(
    # The adit.exe to install.
    [string] $Program = '.\adit.exe',

    # A file to copy to C:\ProgramData\adit\adit.conf; the one that is there
    # becomes adit.conf.old.
    [string] $Config = '',

    # The name of the service; '' for none, which is the default where a program
    # is replaced.
    [string] $Service = 'adit',

    # When it starts.
    [ValidateSet('auto', 'delayed', 'demand')]
    [string] $Start = 'auto',

    # The folder; only administrators may be able to change it.
    [string] $Folder = "$env:ProgramFiles\Adit",

    # Makes the rule of the firewall, also when a program is replaced.
    [switch] $Firewall,

    # Makes no rule of the firewall, and removes one that is there.
    [switch] $NoFirewall,

    # Removes program, services and rule.
    [switch] $Uninstall,

    # With -Uninstall: also C:\ProgramData\adit with configuration and keys.
    [switch] $Purge
)

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'
# We look at the status of programs ourselves.
$PSNativeCommandUseErrorActionPreference = $false

$user = New-Object Security.Principal.WindowsPrincipal(
    [Security.Principal.WindowsIdentity]::GetCurrent())
if (-not $user.IsInRole(
        [Security.Principal.WindowsBuiltInRole]::Administrator)) {
    throw 'Only administrators install and remove services: run as administrator.'
}

$exe = Join-Path $Folder 'adit.exe'
$data = Join-Path $env:ProgramData 'adit'
$conf = Join-Path $data 'adit.conf'
$netsh = Join-Path $env:SystemRoot 'System32\netsh.exe'

# Runs adit.exe with these arguments; what it says is shown.
function Invoke-Adit {
    & $exe $args
    if ($LASTEXITCODE -ne 0) {
        throw "adit $($args -join ' '): status $LASTEXITCODE"
    }
}

# The names of the services that run our program.
function Get-AditService {
    $command = "`"$exe`" service run "
    Get-ItemProperty 'HKLM:\SYSTEM\CurrentControlSet\Services\*' `
        -Name ImagePath -ErrorAction SilentlyContinue |
        Where-Object {
            $_.ImagePath.StartsWith($command,
                [StringComparison]::OrdinalIgnoreCase)
        } | ForEach-Object { $_.PSChildName }
}

# Is our configuration that of a service?
function Test-Config([string] $name) {
    $command = (Get-ItemProperty `
            "HKLM:\SYSTEM\CurrentControlSet\Services\$name").ImagePath
    $command.TrimEnd('"').EndsWith($conf, [StringComparison]::OrdinalIgnoreCase)
}

# Starts services; returns the names of those that do not start.
function Start-AditService([string] $program, [string[]] $names) {
    foreach ($name in $names) {
        & $program service start --name $name | Out-Host
        if ($LASTEXITCODE -ne 0) {
            Write-Warning "Service ${name}: it does not start."
            $name
        }
    }
}

function Remove-Rule {
    & $netsh advfirewall firewall delete rule name=Adit "program=$exe" |
        Out-Null
}

# Deletes a program, or has the next start of the machine find it gone: one
# that runs can only be renamed.
function Remove-Program([string] $path) {
    try {
        Remove-Item -LiteralPath $path
    } catch {
        Write-Warning "$path still runs: delete it when that has ended."
    }
}

if ($Uninstall) {
    foreach ($name in @(Get-AditService)) {
        Invoke-Adit service uninstall --name $name
    }
    Remove-Rule
    foreach ($file in @(Get-ChildItem -Path (Join-Path $Folder 'adit*.exe') `
                -ErrorAction SilentlyContinue)) {
        Remove-Program $file.FullName
    }
    if ((Test-Path -LiteralPath $Folder) -and
        -not (Get-ChildItem -LiteralPath $Folder -Force)) {
        Remove-Item -LiteralPath $Folder
    }
    if ($Purge) {
        # It follows no junction that the service may have made there.
        & "$env:SystemRoot\System32\cmd.exe" /c rd /s /q "$data"
    } elseif (Test-Path -LiteralPath $data) {
        Write-Output "$data is kept (-Purge removes it)."
    }
    return
}

# Before anything changes.
if ($Firewall -and $NoFirewall) {
    throw 'Either -Firewall or -NoFirewall.'
}
$new = (Resolve-Path -LiteralPath $Program).ProviderPath
& $new --version
if ($LASTEXITCODE -ne 0) {
    throw "${new}: it does not run on this machine."
}
if ($Config -ne '') {
    $Config = (Resolve-Path -LiteralPath $Config).ProviderPath
    & $new check -c $Config
    if ($LASTEXITCODE -ne 0) {
        throw "${Config}: adit check refuses it."
    }
}
$first = -not (Test-Path -LiteralPath $exe)
$ours = @(Get-AditService)
if (-not $first -and -not $PSBoundParameters.ContainsKey('Service')) {
    $Service = ''
    if ($Config -ne '') {
        $Service = @(@($ours | Where-Object { Test-Config $_ }) + 'adit')[0]
    }
}
if ($Service -eq '' -and $Config -ne '') {
    throw '-Config is for the service, which is not installed.'
}
if ($Service -ne '' -and $ours -notcontains $Service -and
    (Get-Service -Name $Service -ErrorAction SilentlyContinue)) {
    throw "There is a service ${Service}, which is not this one: choose a different name."
}

New-Item -ItemType Directory -Force -Path $Folder | Out-Null
$arrived = Join-Path $Folder 'adit-new.exe'
$stopped = @()
$old = ''
try {
    Copy-Item -LiteralPath $new -Destination $arrived -Force
    foreach ($name in $ours) {
        if ((Get-Service -Name $name).Status -ne 'Running') {
            continue
        }
        $stopped += $name
        & $new service stop --name $name
        if ($LASTEXITCODE -ne 0) {
            throw "Service ${name}: it does not stop."
        }
    }
    # A program that runs can be renamed, but not written.
    if (-not $first) {
        $aside = Join-Path $Folder ('adit-old-' + [Guid]::NewGuid() + '.exe')
        Move-Item -LiteralPath $exe -Destination $aside
        $old = $aside
    }
    Move-Item -LiteralPath $arrived -Destination $exe
} catch {
    # All is again as it was.
    $why = $_
    if ($old -ne '') {
        Move-Item -LiteralPath $old -Destination $exe -ErrorAction Continue
    }
    Remove-Item -LiteralPath $arrived -ErrorAction SilentlyContinue
    Start-AditService $new $stopped | Out-Null
    throw $why
}
if ($old -ne '') {
    Remove-Program $old
}

$again = $stopped
$failed = @()
try {
    if ($first -or $Firewall -or $NoFirewall) {
        Remove-Rule
    }
    if ($Firewall -or ($first -and -not $NoFirewall)) {
        & $netsh advfirewall firewall add rule name=Adit dir=in action=allow `
            "program=$exe" enable=yes profile=any | Out-Null
    }
    if ($Service -ne '' -and $ours -notcontains $Service) {
        # This makes C:\ProgramData\adit, for administrators only.
        Invoke-Adit service install --name $Service --start $Start -c $conf
        $again += $Service
    }
    if ($Service -ne '' -and $Config -ne '') {
        # The one that is there goes only when the other has arrived and is
        # right there, too: an include may be relative to its folder.
        Copy-Item -LiteralPath $Config -Destination "$conf.new" -Force
        & $exe check -c "$conf.new"
        if ($LASTEXITCODE -ne 0) {
            Remove-Item -LiteralPath "$conf.new"
            throw "${Config}: adit check refuses it in $data."
        }
        $replaced = Test-Path -LiteralPath $conf
        if ($replaced) {
            Move-Item -LiteralPath $conf -Destination "$conf.old" -Force
        }
        try {
            Move-Item -LiteralPath "$conf.new" -Destination $conf
        } catch {
            $why = $_
            if ($replaced) {
                Move-Item -LiteralPath "$conf.old" -Destination $conf
            }
            throw $why
        }
        if ($again -notcontains $Service) {
            $again += $Service
        }
    }
} finally {
    # Also when one of these has failed.
    if ($again -contains $Service -and -not (Test-Path -LiteralPath $conf)) {
        $again = @($again | Where-Object { $_ -ne $Service })
        Write-Output ("Write $conf, and then: " +
            "& '$exe' service start --name $Service")
    }
    $failed = @(Start-AditService $exe $again)
}
if ($failed.Count -ne 0) {
    throw "Services that do not start: $($failed -join ', ')"
}
