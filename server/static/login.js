// Who asks: a token is shown once, and the server keeps it in a cookie that no script can read.

import { post } from "./api.js";
import { byId } from "./dom.js";

let done = () => {};

/** Show the form; `whenDone` is called once a token was good. */
export function askToken(why, whenDone) {
  done = whenDone;
  byId("login-why").textContent = why || "This memory asks who you are.";
  byId("login").hidden = false;
  byId("token").focus();
}

byId("login-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = byId("token");
  const button = event.target.querySelector("button");
  byId("login-error").textContent = "";
  button.disabled = true;
  try {
    await post("/login", { token: field.value });
    field.value = "";
    await done();
    byId("query").focus();
  } catch (error) {
    byId("login-error").textContent = error.message;
    field.focus();
  } finally {
    button.disabled = false;
  }
});
