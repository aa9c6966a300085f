// Hands over what the kiosk's browser was given, and goes on to the page.
for (const gesture of ["keydown", "contextmenu", "dragstart", "dragover", "drop"])
  document.addEventListener(gesture, (event) => event.preventDefault());

const secret = location.hash.slice(1);
history.replaceState(null, "", "/");
const enter = async () => {
  try {
    const reply = await fetch("/enter", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ secret }),
      signal: AbortSignal.timeout(4000),
    });
    if (reply.ok) {
      location.replace("/");
      return;
    }
  } catch (error) {
    console.warn("not entered:", error.message);
  }
  setTimeout(enter, 1000); // the daemon starts anew
};
if (secret) enter();
