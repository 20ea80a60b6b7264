"""Where each client keeps its servers, on each platform."""

from pathlib import Path

import pytest

from server.clients.catalogue import CLIENTS, ClientName, Surroundings

HOME = Path("/home/me")
_MACOS = "Library/Application Support"
_WINDOWS = "AppData/Roaming"


@pytest.mark.parametrize(
    ("client", "linux", "macos", "windows"),
    [
        ("claude-code", ".claude.json", ".claude.json", ".claude.json"),
        (
            "claude-desktop",
            ".config/Claude/claude_desktop_config.json",
            f"{_MACOS}/Claude/claude_desktop_config.json",
            f"{_WINDOWS}/Claude/claude_desktop_config.json",
        ),
        ("cursor", ".cursor/mcp.json", ".cursor/mcp.json", ".cursor/mcp.json"),
        (
            "vscode",
            ".config/Code/User/mcp.json",
            f"{_MACOS}/Code/User/mcp.json",
            f"{_WINDOWS}/Code/User/mcp.json",
        ),
        ("codex", ".codex/config.toml", ".codex/config.toml", ".codex/config.toml"),
        ("gemini", ".gemini/settings.json", ".gemini/settings.json", ".gemini/settings.json"),
        (
            "goose",
            ".config/goose/config.yaml",
            ".config/goose/config.yaml",
            f"{_WINDOWS}/Block/goose/config/config.yaml",
        ),
        (
            "windsurf",
            ".codeium/windsurf/mcp_config.json",
            ".codeium/windsurf/mcp_config.json",
            ".codeium/windsurf/mcp_config.json",
        ),
        ("zed", ".config/zed/settings.json", ".config/zed/settings.json", f"{_WINDOWS}/Zed/settings.json"),
    ],
)
def test_each_platform_has_its_place(client: str, linux: str, macos: str, windows: str) -> None:
    for platform, path in (("linux", linux), ("darwin", macos), ("win32", windows)):
        around = Surroundings(platform=platform, home=HOME, variables={})
        assert CLIENTS[ClientName(client)].file(around) == HOME / path


@pytest.mark.parametrize(
    ("client", "platform", "variable", "path"),
    [
        ("claude-code", "linux", "CLAUDE_CONFIG_DIR", "/else/.claude.json"),
        ("claude-desktop", "linux", "XDG_CONFIG_HOME", "/else/Claude/claude_desktop_config.json"),
        ("claude-desktop", "win32", "APPDATA", "/else/Claude/claude_desktop_config.json"),
        ("vscode", "linux", "XDG_CONFIG_HOME", "/else/Code/User/mcp.json"),
        ("vscode", "win32", "APPDATA", "/else/Code/User/mcp.json"),
        ("codex", "darwin", "CODEX_HOME", "/else/config.toml"),
        ("gemini", "linux", "GEMINI_CLI_HOME", "/else/.gemini/settings.json"),
        ("goose", "darwin", "XDG_CONFIG_HOME", "/else/goose/config.yaml"),
        ("goose", "linux", "GOOSE_PATH_ROOT", "/else/config/config.yaml"),
        ("zed", "linux", "XDG_CONFIG_HOME", "/else/zed/settings.json"),
        ("zed", "linux", "FLATPAK_XDG_CONFIG_HOME", "/else/zed/settings.json"),
        ("zed", "win32", "APPDATA", "/else/Zed/settings.json"),
    ],
)
def test_variables_that_a_client_heeds_move_its_settings(client: str, platform: str, variable: str, path: str) -> None:
    file = CLIENTS[ClientName(client)].file
    assert file(Surroundings(platform=platform, home=HOME, variables={variable: "/else"})) == Path(path)
    plain = file(Surroundings(platform=platform, home=HOME, variables={}))
    assert file(Surroundings(platform=platform, home=HOME, variables={variable: "relative"})) == plain


def test_claude_desktop_from_a_windows_package_reads_inside_it(tmp_path: Path) -> None:
    own = tmp_path / "AppData/Local/Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude"
    own.mkdir(parents=True)
    around = Surroundings(platform="win32", home=tmp_path, variables={})
    assert CLIENTS[ClientName.CLAUDE_DESKTOP].file(around) == own / "claude_desktop_config.json"


def test_every_client_of_the_command_line_is_known() -> None:
    assert set(CLIENTS) == set(ClientName)
