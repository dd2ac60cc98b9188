export const storageKey = "contact-sync.theme";

/** Runs in the document's head before anything is painted, so that no page flashes in the wrong colours. */
export const themeScript = `(function(){try{var t=localStorage.getItem("${storageKey}");var d=t==="dark"||(t!=="light"&&matchMedia("(prefers-color-scheme: dark)").matches);document.documentElement.classList.toggle("dark",d)}catch(e){}})();`;
