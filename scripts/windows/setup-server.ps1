<#
.SYNOPSIS
Sets up and starts an Octopus server.
.DESCRIPTION
Installs Octopus (from the offline bundle where the script stands in one, else with npm), looks whether the port is free,
and starts the server: here, or with -Install as a scheduled task that comes back with the machine.
.PARAMETER Port
Port that the server listens on.
.PARAMETER HostAddress
Address that it listens on. Beyond 127.0.0.1 it asks for tokens and encrypts: the first start prints them.
.PARAMETER DataDir
Folder of its data.
.PARAMETER Install
Registers a scheduled task instead of starting it here. Needs an administrator.
.PARAMETER OpenFirewall
Lets others in to the port. Needs an administrator.
.PARAMETER SkipSetup
Installs nothing: starts what is there.
.EXAMPLE
.\setup-server.ps1 -Port 8000 -HostAddress 0.0.0.0 -OpenFirewall
#>
[CmdletBinding()]
param(
    [ValidateRange(1, 65535)] [int]$Port = 8000,
    [ValidateNotNullOrEmpty()] [string]$HostAddress = '127.0.0.1',
    [string]$DataDir = (Join-Path $env:ProgramData 'Octopus\data'),
    [string]$InstallDir = (Join-Path $env:ProgramData 'Octopus'),
    [switch]$Install,
    [switch]$OpenFirewall,
    [switch]$SkipSetup
)

. (Join-Path $PSScriptRoot 'common.ps1')

try {
    $program = Install-Octopus -InstallDir $InstallDir -SkipSetup $SkipSetup.IsPresent

    Write-Step "Looking at port $Port"
    if (Test-Port -HostName '127.0.0.1' -Port $Port -TimeoutMs 1000) {
        Stop-Setup "port $Port is in use: stop what listens there, or choose another with -Port" 3
    }
    Write-Good 'it is free'

    if ($OpenFirewall) {
        Write-Step 'Opening the firewall'
        $rule = "Octopus server ($Port)"
        Get-NetFirewallRule -DisplayName $rule -ErrorAction SilentlyContinue | Remove-NetFirewallRule
        New-NetFirewallRule -DisplayName $rule -Direction Inbound -Action Allow -Protocol TCP -LocalPort $Port | Out-Null
        Write-Good "others may reach port $Port"
    }

    New-Item -ItemType Directory -Force -Path $DataDir | Out-Null
    $words = @('server', '--host', $HostAddress, '--port', "$Port", '--data', $DataDir)
    if ($HostAddress -ne '127.0.0.1' -and $HostAddress -ne '::1' -and $HostAddress -ne 'localhost') {
        Write-Note 'others can reach it: the first start prints an admin token and a join token, once'
    }
    if ($Install) {
        if ($HostAddress -ne '127.0.0.1') {
            Write-Note "tokens: set OCTOPUS_DATA_DIR to $DataDir, then octopus token create --name NAME --role worker"
        }
        Install-Task -Name 'OctopusServer' -Program $program -Words $words -Folder $DataDir
        $tries = 0
        while (-not (Test-Port -HostName '127.0.0.1' -Port $Port -TimeoutMs 1000)) {
            $tries++
            if ($tries -ge 30) { Stop-Setup 'the server did not begin to listen within 30 s: Get-ScheduledTaskInfo OctopusServer says how it ended' }
            Start-Sleep -Seconds 1
        }
        Write-Good "it listens on port $Port"
        exit 0
    }
    Write-Step "Starting the server on ${HostAddress}:$Port (Ctrl-C ends it)"
    & $program @words
    exit $LASTEXITCODE
}
catch {
    Stop-Setup $_.Exception.Message
}
