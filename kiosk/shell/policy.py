"""What the kiosk's browser may do, as a policy of Chromium. Pure.

Names and meanings: https://chromeenterprise.google/policies/; a test has Chromium itself read them.
A policy is for the whole machine: it holds whatever profile or flag somebody starts it with.
"""

from typing import Any, Final

NOWHERE: Final = "*"
_NEVER: Final = 2
"""Of policies with 1 = allow, 2 = block."""


def browser_policy(origin: str, *, has_camera: bool) -> dict[str, Any]:
    """Return the policy for one origin, `http://HOST:PORT`.

    `has_camera`: the page itself opens the camera ([ar] source = "browser").
    """
    return {
        # Nothing but the kiosk's own page: no file, no chrome://, no view-source.
        "URLBlocklist": [NOWHERE],
        "URLAllowlist": [origin],
        "HomepageLocation": origin,
        "RestoreOnStartup": 4,
        "RestoreOnStartupURLs": [origin],
        # Nothing gets in or out of the machine.
        "DownloadRestrictions": 3,
        "AllowFileSelectionDialogs": False,
        "PrintingEnabled": False,
        "DisableScreenshots": True,
        "ExtensionInstallBlocklist": ["*"],
        "DeveloperToolsAvailability": _NEVER,
        "RemoteDebuggingAllowed": False,
        # Nothing of a visitor stays.
        "PasswordManagerEnabled": False,
        "AutofillAddressEnabled": False,
        "AutofillCreditCardEnabled": False,
        "SavingBrowserHistoryDisabled": True,
        "SyncDisabled": True,
        "BrowserSignin": 0,
        "IncognitoModeAvailability": 1,
        "BrowserGuestModeEnabled": False,
        "BrowserAddPersonEnabled": False,
        "BackgroundModeEnabled": False,
        "DefaultSearchProviderEnabled": False,
        "SearchSuggestEnabled": False,
        "NetworkPredictionOptions": _NEVER,
        # Nothing lies over the page.
        "TranslateEnabled": False,
        "BookmarkBarEnabled": False,
        "EditBookmarksEnabled": False,
        "DefaultPopupsSetting": _NEVER,
        "DefaultNotificationsSetting": _NEVER,
        "DefaultGeolocationSetting": _NEVER,
        "DefaultBrowserSettingEnabled": False,
        "PromotionsEnabled": False,
        "AllowDinosaurEasterEgg": False,
        "FullscreenAllowed": True,
        "HideWebStoreIcon": True,
        # Nothing is told to anybody.
        "MetricsReportingEnabled": False,
        "SafeBrowsingProtectionLevel": 0,
        "SpellcheckEnabled": False,
        "ComponentUpdatesEnabled": False,
        "DnsOverHttpsMode": "off",
        # Devices are the kiosk's, not its page's; tones are the page's.
        "DefaultWebUsbGuardSetting": _NEVER,
        "DefaultSerialGuardSetting": _NEVER,
        "DefaultWebHidGuardSetting": _NEVER,
        "DefaultWebBluetoothGuardSetting": _NEVER,
        "AudioCaptureAllowed": False,
        "ScreenCaptureAllowed": False,
        "VideoCaptureAllowed": False,
        "VideoCaptureAllowedUrls": [origin] if has_camera else [],
        "AutoplayAllowed": True,
    }
