# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The Adit authors

<#
.SYNOPSIS
Installs a single adit.exe as a service of Windows, or removes it.

.DESCRIPTION
What setup does, for administrators who do without: adit.exe is copied to
"C:\Program Files\Adit", the service and a rule of the firewall are made, and
the service is started.  Run again, with a later adit.exe, it replaces the
program: services that run it are stopped, and started again.

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

    # The name of the service; '' for none.
    [string] $Service = 'adit',

    # When it starts.
    [ValidateSet('auto', 'delayed', 'demand')]
    [string] $Start = 'auto',

    # The folder; only administrators may be able to change it.
    [string] $Folder = "$env:ProgramFiles\Adit",

    # Makes no rule of the firewall.
    [switch] $NoFirewall,

    # Removes program, services and rule.
    [switch] $Uninstall,

    # With -Uninstall: also C:\ProgramData\adit with configuration and keys.
    [switch] $Purge
)

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

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
$ours = @(Get-AditService)
if ($Service -ne '' -and $ours -notcontains $Service -and
    (Get-Service -Name $Service -ErrorAction SilentlyContinue)) {
    throw "There is a service ${Service}, which is not this one: choose a different name."
}

New-Item -ItemType Directory -Force -Path $Folder | Out-Null
$running = @($ours | Where-Object { (Get-Service -Name $_).Status -eq 'Running' })
foreach ($name in $running) {
    & $new service stop --name $name
    if ($LASTEXITCODE -ne 0) {
        throw "Service ${name}: it does not stop."
    }
}

# A program that runs can be renamed, but not written.
Copy-Item -LiteralPath $new -Destination "$Folder\adit-new.exe" -Force
if (Test-Path -LiteralPath $exe) {
    $old = Join-Path $Folder ('adit-old-' + [Guid]::NewGuid() + '.exe')
    Move-Item -LiteralPath $exe -Destination $old
    Move-Item -LiteralPath "$Folder\adit-new.exe" -Destination $exe
    Remove-Program $old
} else {
    Move-Item -LiteralPath "$Folder\adit-new.exe" -Destination $exe
}

Remove-Rule
if (-not $NoFirewall) {
    & $netsh advfirewall firewall add rule name=Adit dir=in action=allow `
        "program=$exe" enable=yes profile=any | Out-Null
}

if ($Service -ne '') {
    if ($ours -notcontains $Service) {
        # This makes C:\ProgramData\adit, for administrators only.
        Invoke-Adit service install --name $Service --start $Start -c $conf
        $running += $Service
    }
    if ($Config -ne '') {
        if (Test-Path -LiteralPath $conf) {
            Move-Item -LiteralPath $conf -Destination "$conf.old" -Force
        }
        Copy-Item -LiteralPath $Config -Destination $conf
        if ($running -notcontains $Service) {
            $running += $Service
        }
    }
}
foreach ($name in $running) {
    if (-not (Test-Path -LiteralPath $conf) -and $name -eq $Service) {
        Write-Output "Write $conf, and then: & '$exe' service start --name $name"
    } else {
        Invoke-Adit service start --name $name
    }
}
