"""Which clients there are, where each keeps the MCP servers of a user, and what it calls things there.

Sources, as of November 2026:
    Claude Code: github.com/anthropics/claude-code/issues/4193 (`~/.claude.json`, `mcpServers`) and 48448
        (with `CLAUDE_CONFIG_DIR` the file is inside that folder).
    Claude Desktop: modelcontextprotocol.io, "Connect to local MCP servers" (macOS, Windows);
        github.com/anthropics/claude-code/issues/26073 (the packaged Windows app reads inside its package).
    Cursor: cursor.com/docs, "Model Context Protocol" (`~/.cursor/mcp.json`).
    VS Code: code.visualstudio.com/docs/copilot/reference/mcp-configuration (`mcp.json` of the profile, `servers`).
    Codex: developers.openai.com/codex/mcp (`~/.codex/config.toml`, `mcp_servers`; `CODEX_HOME`).
    Gemini CLI: geminicli.com/docs, "MCP servers" (`~/.gemini/settings.json`);
        github.com/google-gemini/gemini-cli/pull/27331 (`GEMINI_CLI_HOME` stands for the home folder).
    Goose: block.github.io/goose/docs, "Configuration files" (`config.yaml`, `extensions`; `GOOSE_PATH_ROOT`).
    Windsurf: docs.windsurf.com/windsurf/cascade/mcp (`~/.codeium/windsurf/mcp_config.json`).
    Zed: zed.dev/docs/ai/mcp (`context_servers`), zed.dev/docs/configuring-zed (where `settings.json` is).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal


class ClientName(StrEnum):
    """What a client is called on the command line."""

    CLAUDE_CODE = "claude-code"
    CLAUDE_DESKTOP = "claude-desktop"
    CURSOR = "cursor"
    VSCODE = "vscode"
    CODEX = "codex"
    GEMINI = "gemini"
    GOOSE = "goose"
    WINDSURF = "windsurf"
    ZED = "zed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The machine as far as it decides where settings are.

    Attributes:
        platform: as in `sys.platform`: `win32`, `darwin`, or anything else for Linux and its like.
        home: the user's home folder.
        variables: the environment.
    """

    platform: str
    home: Path
    variables: Mapping[str, str]

    def folder(self, variable: str, default: Path) -> Path:
        """The folder a variable names, or the default where it names none or a relative one."""
        named = Path(self.variables.get(variable, ""))
        return named if named.is_absolute() else default

    def settings(self, *, on_macos: str = "Library/Application Support") -> Path:
        """Where programs of this platform keep the settings of a user."""
        if self.platform == "win32":
            return self.folder("APPDATA", self.home / "AppData/Roaming")
        if self.platform == "darwin":
            return self.home / on_macos
        return self.folder("XDG_CONFIG_HOME", self.home / ".config")


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One program that starts MCP servers.

    Attributes:
        title: its name for people.
        file: where it keeps a user's servers.
        format: what the file is written in; JSON may hold comments.
        section: the key that holds the servers by name.
        dialect: what an entry looks like.
        next_step: what has to be done before the server is there.
    """

    title: str
    file: Callable[[Surroundings], Path]
    format: Literal["json", "toml", "yaml"] = "json"
    section: str = "mcpServers"
    dialect: Literal["plain", "typed", "goose"] = "plain"
    next_step: str


def _claude_code(around: Surroundings) -> Path:
    return around.folder("CLAUDE_CONFIG_DIR", around.home) / ".claude.json"


def _claude_desktop(around: Surroundings) -> Path:
    own = around.settings() / "Claude"
    if around.platform == "win32":
        packages = around.folder("LOCALAPPDATA", around.home / "AppData/Local") / "Packages"
        own = next(iter(sorted(packages.glob("Claude_*/LocalCache/Roaming/Claude"))), own)
    return own / "claude_desktop_config.json"


def _cursor(around: Surroundings) -> Path:
    return around.home / ".cursor/mcp.json"


def _vscode(around: Surroundings) -> Path:
    return around.settings() / "Code/User/mcp.json"


def _codex(around: Surroundings) -> Path:
    return around.folder("CODEX_HOME", around.home / ".codex") / "config.toml"


def _gemini(around: Surroundings) -> Path:
    return around.folder("GEMINI_CLI_HOME", around.home) / ".gemini/settings.json"


def _goose(around: Surroundings) -> Path:
    if around.platform == "win32":
        own = around.settings() / "Block/goose/config"
    else:
        own = around.folder("XDG_CONFIG_HOME", around.home / ".config") / "goose"
    root = around.folder("GOOSE_PATH_ROOT", Path())
    return (root / "config" if root.is_absolute() else own) / "config.yaml"


def _windsurf(around: Surroundings) -> Path:
    return around.home / ".codeium/windsurf/mcp_config.json"


def _zed(around: Surroundings) -> Path:
    if around.platform == "win32":
        return around.settings() / "Zed/settings.json"
    own = around.settings(on_macos=".config")
    if around.platform != "darwin":
        own = around.folder("FLATPAK_XDG_CONFIG_HOME", own)
    return own / "zed/settings.json"


CLIENTS: Mapping[ClientName, Client] = {
    ClientName.CLAUDE_CODE: Client(
        title="Claude Code",
        file=_claude_code,
        dialect="typed",
        next_step="Start a new session of Claude Code; /mcp shows the server.",
    ),
    ClientName.CLAUDE_DESKTOP: Client(
        title="Claude Desktop",
        file=_claude_desktop,
        next_step="Quit Claude Desktop whole, not only its window, and start it again.",
    ),
    ClientName.CURSOR: Client(
        title="Cursor",
        file=_cursor,
        dialect="typed",
        next_step="Restart Cursor; its settings show the server under MCP.",
    ),
    ClientName.VSCODE: Client(
        title="VS Code",
        file=_vscode,
        section="servers",
        dialect="typed",
        next_step="Run `MCP: List Servers` in VS Code and start the server there; it asks once whether to trust it.",
    ),
    ClientName.CODEX: Client(
        title="Codex",
        file=_codex,
        format="toml",
        section="mcp_servers",
        next_step="Start a new session of Codex; /mcp shows the server.",
    ),
    ClientName.GEMINI: Client(
        title="Gemini CLI",
        file=_gemini,
        next_step="Start Gemini CLI anew; /mcp shows the server.",
    ),
    ClientName.GOOSE: Client(
        title="Goose",
        file=_goose,
        format="yaml",
        section="extensions",
        dialect="goose",
        next_step="Start a new session of Goose.",
    ),
    ClientName.WINDSURF: Client(
        title="Windsurf",
        file=_windsurf,
        next_step="Press refresh in Windsurf's MCP settings, or restart it.",
    ),
    ClientName.ZED: Client(
        title="Zed",
        file=_zed,
        section="context_servers",
        next_step="Zed takes it up by itself; the settings of its agent panel show the server.",
    ),
}
